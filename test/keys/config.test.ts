import { expect } from 'chai';
import { configSchema, keysConfig } from '../../src/config.js';
import { codeOf } from './sample-keys.js';

const LOCAL = { provider: 'local' };
const KMS = { provider: 'aws-kms', key: 'alias/lethe' };

/** `keys` of a lethe.json in /desk, whose vault is in /desk/vault. */
function read(keys: object, environment: Readonly<Record<string, string>> = {}) {
  const { keys: parsed } = configSchema.pick({ keys: true }).parse({ keys });
  return keysConfig({ cwd: '/desk', environment }, '/desk', { keys: parsed, vault: 'vault' });
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
    expect(read({ ...LOCAL, file: 'vault.json' })?.root).to.include({ file: '/desk/vault.json' });
    expect(read(KMS, { LETHE_EPOCHS_URL: 'file:///desk/vaults/epochs' })?.root).to.include(KMS);
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
      expect(read(KMS, { ...around, LETHE_EPOCHS_URL: place })?.root).to.include({ epochs: place });
  });
});
