import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { configSchema, loadConfig } from '../../src/config.js';
import { keysConfig, wordsOfFile, type KeysSurroundings } from '../../src/config-keys.js';
import { LetheError } from '../../src/core/errors.js';
import { codeOf } from './sample-keys.js';

const LOCAL = { provider: 'local' };
const KMS = { provider: 'aws-kms', key: 'alias/lethe' };

/** A lethe.json in a folder that is not there, with vault, policies and embedded database beside it. */
const DESK: KeysSurroundings = {
  environment: {},
  configFile: '/desk/lethe.json',
  policies: '/desk/policies',
  vault: { url: undefined, folder: '/desk/vault' },
  database: { url: undefined, embedded: '/desk/.lethe' },
};

/** `keys` of that lethe.json. */
function read(
  keys: object,
  environment: Readonly<Record<string, string>> = {},
  around: KeysSurroundings = DESK,
) {
  const option = configSchema.shape.keys.unwrap().parse(keys);
  return keysConfig(option, { ...around, environment }, wordsOfFile('lethe.json'));
}

function refusalOf(work: () => unknown): string {
  try {
    return `it gave ${JSON.stringify(work())}`;
  } catch (error) {
    if (!(error instanceof LetheError)) throw error;
    return `${error.message} [${error.code}]`;
  }
}

describe('the keys in lethe.json', () => {
  it('have a file beside lethe.json and the rhythm that is documented, unless they say otherwise', () => {
    expect(read(LOCAL)).to.deep.equal({
      root: { provider: 'local', file: '/desk/lethe-keys.json' },
      epochs: { every: 'P30D', afterDestruction: 'P1D', keptFor: 'P7D' },
    });
  });

  it('are not kept where a backup of the vault takes them along', () => {
    expect(codeOf(() => read({ ...LOCAL, file: 'vault/root.json' }))).to.equal('config_invalid');
    expect(codeOf(() => read({ ...LOCAL, file: '/desk/vault/deeper/../root.json' }))).to.equal(
      'config_invalid',
    );
    for (const file of [
      'file:///desk/vault/epochs',
      'file:///desk/x/../vault/epochs',
      'file:///desk/v%61ult/e',
    ])
      expect(codeOf(() => read(KMS, { LETHE_EPOCHS_URL: file }))).to.equal('config_invalid');
    expect(read({ ...LOCAL, file: 'vault.json' }).root).to.include({ file: '/desk/vault.json' });
    expect(read(KMS, { LETHE_EPOCHS_URL: 'file:///desk/vaults/epochs' }).root).to.include(KMS);
  });

  it('have a database of their own, whatever user and options it is named with', () => {
    const around = {
      DATABASE_URL: 'postgres://desk:secret@db.example.org/desk',
      LETHE_VAULT_URL: 'postgresql://vault@other.example.org:5433/vault?sslmode=require',
    };
    for (const place of [
      'postgres://epochs@DB.example.org:5432/desk?application_name=lethe',
      'postgres://epochs@other.example.org:5433/vault',
    ])
      expect(codeOf(() => read(KMS, { ...around, LETHE_EPOCHS_URL: place }))).to.equal('config_invalid');
    for (const place of [
      'postgres://epochs@db.example.org/epochs',
      'postgres://epochs@other.example.org/vault',
      'postgres:///desk?host=/run/postgresql',
    ])
      expect(read(KMS, { ...around, LETHE_EPOCHS_URL: place }).root).to.include({ epochs: place });
  });

  it('are no file that is something else already, and in no folder whose files are', () => {
    const file = (name: string, around = DESK): string =>
      refusalOf(() => read({ ...LOCAL, file: name }, {}, around));
    expect(file('lethe.json')).to.match(
      /^lethe\.json: keys\.file: is the configuration itself .*config_invalid/,
    );
    expect(file('x/../lethe.json')).to.include('is the configuration itself');
    expect(file('policies/k.json')).to.include('in the folder of the policies');
    expect(file('.lethe/k.json')).to.include('in the folder of the embedded database');
    expect(file('lethe.json', { ...DESK, configFile: '/desk/other.json' })).to.include('it gave');
    const onServer = { ...DESK, database: { url: 'postgres://db/desk', embedded: '/desk/.lethe' } };
    expect(file('.lethe/k.json', onServer), 'nothing of ours is there').to.include('it gave');
    const epochs = (path: string): string =>
      refusalOf(() => read(KMS, { LETHE_EPOCHS_URL: `file:///desk/${path}` }));
    expect(epochs('lethe.json')).to.match(/^LETHE_EPOCHS_URL: is the configuration itself/);
    expect(epochs('policies/epochs')).to.include('in the folder of the policies');
    expect(epochs('.lethe/epochs')).to.include('in the folder of the embedded database');
    expect(epochs('epochs')).to.include('it gave');
  });

  it('may be in the folder of the demo, where its lethe.json is, and not in its database', () => {
    const demo = { ...DESK, configFile: '/desk/.lethe/lethe.json', policies: '/desk/.lethe/policies' };
    expect(read(LOCAL, {}, demo).root).to.include({ file: '/desk/.lethe/lethe-keys.json' });
    expect(refusalOf(() => read({ ...LOCAL, file: 'db/k.json' }, {}, demo))).to.include('embedded database');
  });

  it('have no place in the environment that a key file would leave unused', () => {
    expect(refusalOf(() => read(LOCAL, { LETHE_EPOCHS_URL: 'postgres://epochs/e' })))
      .to.match(/^LETHE_EPOCHS_URL: is for aws-kms/)
      .and.include('[config_invalid]');
    expect(read(LOCAL, { LETHE_EPOCHS_URL: '' }).root).to.include(LOCAL);
  });

  it('have epochs of at least a day, and whoever writes none is told so in words about periods', () => {
    expect(read({ ...LOCAL, epochs: { keptFor: 'P1D' } }).epochs).to.include({ keptFor: 'P1D' });
    for (const keptFor of ['P0D', 'PT1H']) {
      const { error } = configSchema.shape.keys.safeParse({ ...LOCAL, epochs: { keptFor } });
      expect(error?.message).to.include('the shortest is \\"P1D\\"').and.not.include('retention');
    }
  });

  describe('on the disk', () => {
    let folder: string;
    beforeEach(() => {
      folder = realpathSync(mkdtempSync(join(tmpdir(), 'lethe-config-')));
    });
    afterEach(() => {
      rmSync(folder, { recursive: true });
    });
    const load = (config: object): Promise<string> => {
      writeFileSync(join(folder, 'bad.json'), JSON.stringify({ map: 'native', vault: 'vault', ...config }));
      return loadConfig({ cwd: folder, environment: {} }, 'bad.json').then(
        ({ keys }) => `it gave ${JSON.stringify(keys)}`,
        (error: unknown) =>
          refusalOf(() => {
            throw error;
          }),
      );
    };

    it('are no folder, nor what a link leads to where they must not be', async () => {
      mkdirSync(join(folder, 'policies'));
      symlinkSync(join(folder, 'policies'), join(folder, 'elsewhere'));
      symlinkSync(join(folder, 'bad.json'), join(folder, 'link.json'));
      const file = (name: string): Promise<string> => load({ keys: { ...LOCAL, file: name } });
      expect(await file('.')).to.include('bad.json: keys.file: is a folder');
      expect(await file('elsewhere/k.json')).to.include('in the folder of the policies');
      expect(await file('link.json')).to.include('is the configuration itself');
      expect(await file('k.json')).to.include(join(folder, 'k.json'));
    });

    it('are told of under the name of the file they are in, like everything in it', async () => {
      expect(await load({ keys: { provider: 'aws-kms' } })).to.match(/^bad\.json: keys\.key: is missing/);
      expect(await load({ keys: LOCAL, vault: undefined })).to.match(/^bad\.json: keys: /);
      expect(await load({ vault: '' })).to.match(/^bad\.json: vault: must not be empty/);
      expect(await load({ database: 'postgres' })).to.match(/^bad\.json: database: /);
    });
  });
});
