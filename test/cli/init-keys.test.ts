import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { agreedKeys, requireConsistent, type KeyOptions } from '../../src/cli/init-keys.js';
import { LetheError } from '../../src/core/errors.js';
import type { KeysConfig } from '../../src/keys/keys.js';
import { openInstallation, type Installation } from '../support/installation.js';
import type { Json } from '../support/small-desk.js';

/** What is said against it; null: nothing. */
function against(work: () => unknown): string | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof LetheError) return `${error.message} [${error.code}]`;
    throw error;
  }
}

describe('what lethe init is told of keys', () => {
  it('is refused where it is empty or contradicts itself', () => {
    const said = (options: KeyOptions): string | null =>
      against(() => {
        requireConsistent(options);
      });
    expect(said({ keys: 'local', keyFile: '' })).to.equal('--key-file: must not be empty [input_invalid]');
    expect(said({ kmsKey: '' })).to.equal('--kms-key: must not be empty [input_invalid]');
    for (const [options, what] of [
      [{ keys: 'none', keyFile: 'k.json' }, '--key-file'],
      [{ keys: 'aws-kms', keyFile: 'k.json' }, '--key-file'],
      [{ kmsKey: 'alias/a', keyFile: 'k.json' }, '--key-file'],
      [{ keys: 'none', kmsKey: 'alias/a' }, '--kms-key'],
      [{ keys: 'local', kmsKey: 'alias/a' }, '--kms-key'],
    ] as const)
      expect(said(options)).to.match(new RegExp(`^${what}: is for .*input_invalid`));
    for (const options of [
      {},
      { keys: 'none' },
      { keyFile: 'k.json' },
      { keys: 'aws-kms', kmsKey: 'a' },
    ] as const)
      expect(said(options)).to.equal(null);
  });

  it('goes on with the keys that lethe.json names, and with no others', () => {
    const epochs = { every: 'P30D', afterDestruction: 'P1D', keptFor: 'P7D' };
    const local: KeysConfig = { root: { provider: 'local', file: '/desk/k.json' }, epochs };
    const kms: KeysConfig = { root: { provider: 'aws-kms', key: 'alias/a', epochs: 'file:///e' }, epochs };
    const agreed = (options: KeyOptions, keys: KeysConfig | null): KeysConfig | null =>
      agreedKeys(options, { keys, folder: '/desk' }, 'lethe.json');
    expect(agreed({}, local), 'nothing is encrypted unasked').to.equal(null);
    expect(agreed({ keys: 'none' }, null)).to.equal(null);
    expect(agreed({ keys: 'local', keyFile: './k.json' }, local)).to.equal(local);
    expect(agreed({ keys: 'aws-kms', kmsKey: 'alias/a' }, kms)).to.equal(kms);
    for (const [options, keys] of [
      [{ keys: 'none' }, local],
      [{ keys: 'aws-kms' }, local],
      [{ keyFile: 'other.json' }, local],
      [{ kmsKey: '/desk/k.json' }, local],
      [{ kmsKey: 'alias/b' }, kms],
      [{ keyFile: 'alias/a' }, kms],
    ] as const)
      expect(against(() => agreed(options, keys)))
        .to.include('its "keys" are others')
        .and.include('config_invalid');
    expect(against(() => agreed({ keys: 'local' }, null))).to.include('add "keys" to it');
  });
});

describe('lethe init with keys', () => {
  let here: Installation;
  let environment: Record<string, string>;
  beforeEach(async () => {
    environment = {};
    here = await openInstallation(environment);
  });
  afterEach(() => here.close());

  const made = (): readonly string[] => readdirSync(here.folder);
  const config = (): Json => JSON.parse(readFileSync(join(here.folder, 'lethe.json'), 'utf8')) as Json;
  const schemas = async (): Promise<readonly unknown[]> =>
    here.fresh.admin("select 1 from pg_catalog.pg_namespace where nspname in ('lethe', 'desk')");

  it('writes nothing where they cannot be used', async () => {
    const refused = async (words: readonly string[], said: string, status: number): Promise<void> => {
      const ended = here.lethe('init', ...words);
      expect(ended.stderr, words.join(' ')).to.include(said);
      expect([ended.status, made(), await schemas()], said).to.deep.equal([status, [], []]);
    };
    await refused(
      ['--keys', 'local', '--key-file', 'lethe.json'],
      '--key-file: is the configuration itself',
      2,
    );
    await refused(['--config', 'k.json', '--key-file', 'k.json'], 'is the configuration itself (k.json)', 2);
    await refused(['--key-file', 'policies/k.json'], 'in the folder of the policies', 2);
    await refused(['--key-file', 'lethe-vault/k.json'], 'in the folder of the vault', 2);
    await refused(['--key-file', '.'], '--key-file: is a folder', 2);
    await refused(['--keys', 'local', '--key-file', ''], '--key-file: must not be empty', 2);
    await refused(['--keys', 'aws-kms'], '--kms-key: is missing', 2);
    environment['LETHE_EPOCHS_URL'] = 'mysql://x';
    await refused(['--kms-key', 'alias/lethe'], 'LETHE_EPOCHS_URL cannot be read', 2);
    environment['LETHE_EPOCHS_URL'] = pathToFileURL(join(here.folder, '../epochs')).href;
    Object.assign(environment, {
      AWS_ENDPOINT_URL_KMS: 'http://127.0.0.1:9',
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'nobody',
      AWS_SECRET_ACCESS_KEY: 'nothing',
    });
    await refused(['--kms-key', 'alias/lethe'], '[key_service_unavailable]', 1);
  }).timeout(120_000);

  it('that lethe.json names already is finished; without a word of keys nothing is encrypted, and it says so', () => {
    expect(here.lethe('init').status).to.equal(0);
    const keys = { provider: 'local', file: 'root.json' };
    writeFileSync(join(here.folder, 'lethe.json'), JSON.stringify({ ...config(), keys }));
    const unasked = here.lethe('init');
    expect(unasked.stdout, unasked.stderr).to.include('nothing is encrypted with them yet');
    expect(existsSync(join(here.folder, 'root.json'))).to.equal(false);
    expect(here.lethe('init', '--key-file', 'other.json').stderr).to.include('its "keys" are others');
    const finished = here.lethe('init', '--keys', 'local', '--key-file', 'root.json');
    expect(finished.stdout, finished.stderr).to.include('the root of its keys is root.json');
    expect(here.told('keys', 'status')).to.have.nested.include({
      'encryption.state': 'on',
      'root.problem': null,
    });
    expect(here.lethe('init').stdout).not.to.include('nothing is encrypted');
  }).timeout(120_000);

  it('does not make anew the key file of a database that is encrypted', () => {
    expect(here.lethe('init', '--keys', 'local').status).to.equal(0);
    for (const name of ['lethe.json', 'lethe-keys.json']) rmSync(join(here.folder, name));
    const again = here.lethe('init', '--keys', 'local');
    expect([again.status, again.stderr.includes('[key_file_unusable]')], again.stderr).to.deep.equal([
      2,
      true,
    ]);
    expect(existsSync(join(here.folder, 'lethe-keys.json'))).to.equal(false);
  }).timeout(120_000);
});
