import { expect } from 'chai';
import { vaultConfig } from '../../src/config.js';
import { LetheError } from '../../src/core/errors.js';

const at = (environment: Readonly<Record<string, string>>, named?: string): unknown =>
  vaultConfig({ cwd: '/desk', environment }, '/desk/conf', named);

describe('where the vault is', () => {
  it('is where lethe.json says, and nowhere unless somebody says so', () => {
    expect(at({})).to.equal(null);
    expect(at({ DATABASE_URL: 'postgres://db/desk' })).to.equal(null);
    expect(at({}, 'safe')).to.deep.equal({ url: undefined, folder: '/desk/conf/safe' });
  });

  it('is a second database when LETHE_VAULT_URL names one, and never the ticket system’s', () => {
    const urls = { DATABASE_URL: 'postgres://db/desk', LETHE_VAULT_URL: 'postgres://safe/vault' };
    expect(at(urls)).to.include({ url: 'postgres://safe/vault' });
    expect(() => at({ ...urls, LETHE_VAULT_URL: urls.DATABASE_URL })).to.throw(LetheError, /same database/);
  });
});
