import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { nodeArguments } from '../support/compiled.js';
import { freshDatabase, type FreshDatabase } from '../support/database.js';
import type { Json } from '../support/small-desk.js';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const CUSTOMER = `insert into desk.customers (customer_number, name, email) values ('C-1', 'Markisch', 'markisch@mail.example')`;

describe('lethe keys', () => {
  let fresh: FreshDatabase;
  let folder: string;
  beforeEach(async () => {
    fresh = await freshDatabase();
    folder = mkdtempSync(join(tmpdir(), 'lethe-keys-cli-'));
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true, force: true });
    await fresh.drop();
  });

  const lethe = (...words: readonly string[]) =>
    spawnSync(process.execPath, [...nodeArguments(MAIN), ...words], {
      cwd: folder,
      env: { ...process.env, DATABASE_URL: fresh.url, LETHE_VAULT_URL: '', LETHE_EPOCHS_URL: '' },
      encoding: 'utf8',
    });
  const told = (...words: readonly string[]): Json => {
    const { status, stdout, stderr } = lethe(...words, '--json');
    expect(status, stderr).to.equal(0);
    return JSON.parse(stdout) as Json;
  };
  const config = (): Json => JSON.parse(readFileSync(join(folder, 'lethe.json'), 'utf8')) as Json;
  const stored = async (): Promise<string> => {
    const [row] = await fresh.admin<{ email: string }>('select email from desk.customers');
    return row?.email ?? '';
  };

  it('turn encryption on in an installation that has none, once lethe.json names keys', async () => {
    const made = lethe('init');
    expect(made.stdout).to.include('is stored as it is').and.to.include('lethe keys encrypt');
    expect(config()).not.to.have.property('keys');
    await fresh.admin(CUSTOMER);
    const unset = lethe('keys', 'encrypt');
    expect(unset.stderr).to.include('keys_unset');
    expect(unset.status).to.equal(2);
    const actors = { Otto: ['operator'], Dana: ['data-protection-officer'] };
    writeFileSync(
      join(folder, 'lethe.json'),
      JSON.stringify({ ...config(), actors, keys: { provider: 'local', file: 'root.json' } }),
    );
    expect(lethe('keys', 'encrypt', '--as', 'Dana').stderr).to.include('role_missing');
    expect(existsSync(join(folder, 'root.json'))).to.equal(false);
    const done = lethe('keys', 'encrypt', '--as', 'Otto');
    expect(done.stdout, done.stderr).to.include('1 row encrypted').and.to.include('backups');
    expect(statSync(join(folder, 'root.json')).mode & 0o777).to.equal(0o600);
    expect(await stored()).to.match(/^lk1\./);
    expect(told('keys', 'encrypt', '--as', 'Otto')).to.include({ isNew: false });
    expect(told('keys', 'status')).to.have.nested.include({
      'encryption.state': 'on',
      'dataKeys.subject': 1,
      'root.provider': 'local',
      'epochs.list[0].state': 'current',
      'epochs.list[0].keys': 2,
      'epochs.list[0].isThere': true,
    });
    // a key file that is lost is not made anew: status says so, and works
    renameSync(join(folder, 'root.json'), join(folder, 'elsewhere.json'));
    expect(lethe('keys', 'encrypt', '--as', 'Otto').stderr).to.include('key_file_unusable');
    expect(existsSync(join(folder, 'root.json'))).to.equal(false);
    const { status, stdout } = lethe('keys', 'status');
    expect(status).to.equal(0);
    expect(stdout).to.include('[key_file_unusable]').and.to.include('signs; has signed no block yet');
  }).timeout(60_000);

  it('rotate epoch, index, root and signing key of a new installation with keys, and say so in the ledger', async () => {
    expect(lethe('init', '--map', 'request-tracker-5', '--keys', 'local').status).not.to.equal(0);
    expect(existsSync(join(folder, 'lethe.json'))).to.equal(false);
    const made = lethe('init', '--keys', 'local');
    expect(made.stdout, made.stderr).to.include('root of its keys is lethe-keys.json');
    expect(config()['keys']).to.deep.equal({ provider: 'local', file: 'lethe-keys.json' });
    const again = lethe('init', '--keys', 'none');
    expect(again.stderr).to.include('config_invalid');
    const first = told('keys', 'rotate');
    const second = told('keys', 'rotate', 'epoch');
    expect(second['from']).to.deep.equal([first['id']]);
    expect(told('keys', 'rotate', 'index')).to.include({ isDone: true, people: 0 });
    expect(told('keys', 'rotate', 'root')).to.deep.equal({ epochs: 2 });
    expect(String(told('keys', 'rotate', 'signing')['to'])).to.match(/^[0-9a-f]{64}$/);
    expect(lethe('keys', 'rotate', 'everything').status).to.equal(2);
    const kinds = await fresh.admin<{ kind: string }>(
      "select kind from lethe.ledger_entry where kind ~ '^(epoch|index|key|encryption)\\.' order by at",
    );
    expect(kinds.map(({ kind }) => kind)).to.deep.equal([
      'encryption.begun',
      'encryption.finished',
      'epoch.rotated',
      'epoch.rotated',
      'index.rotated',
      'epoch.rewrapped',
      'key.rotated',
    ]);
  }).timeout(60_000);
});
