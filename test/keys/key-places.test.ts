import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { MIGRATIONS } from '../../src/db/migrations.js';
import type { KeyStore } from '../../src/keys/key-store.js';
import { openKeyStore } from '../../src/keys/open-key-store.js';
import { freshDatabase, type Admin } from '../support/database.js';
import { realKeys } from '../support/real-keys.js';
import { rejection } from '../support/rejection.js';
import { begun, idsOf } from '../support/stored-keys.js';

describe('the folder of keys', () => {
  it('can be read by its owner alone', async () => {
    const { keys, folder, drop } = await realKeys();
    await keys.keyring.make('ticket', 1);
    const modes = ['keys', 'keys/data.mdb', 'keys/lock.mdb'].map(
      (path) => statSync(join(folder, path)).mode & 0o777,
    );
    await drop();
    expect(modes).to.deep.equal([0o700, 0o600, 0o600]);
  });

  it('is named when it is not what it should be', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lethe-keys-'));
    mkdirSync(join(folder, 'keys'));
    writeFileSync(join(folder, 'keys', 'data.mdb'), Buffer.alloc(8192, 'x'));
    const error = await rejection(openKeyStore({ folder }));
    rmSync(folder, { recursive: true });
    expect(error).to.include({ code: 'vault_unreadable' });
    expect(String(error)).to.include('data.mdb is damaged');
  });
});

describe('a vault’s database', () => {
  it('whose URL cannot be read is refused without repeating its password', async () => {
    const refused = await rejection(
      openKeyStore({ url: 'postgres://vault:secret@host:99999/db', folder: '' }),
    );
    expect(refused).to.include({ code: 'vault_unreadable' });
    expect(inspect(refused)).not.to.include('secret');
  });

  it('of the first version is brought up to date, and one that is up to date is only read', async () => {
    const { url, admin, drop } = await freshDatabase();
    await admin(readFileSync(join(MIGRATIONS, 'vault', '0001-vault.sql'), 'utf8'));
    await admin("insert into lethe_vault.document values ('seal', '{}')");
    const stores = await Promise.all([1, 2, 3].map(() => openKeyStore({ url, folder: '' })));
    const epoch = await begun(stores[0] as KeyStore);
    for (const store of stores) await store.close();
    expect(await admin('select name from lethe_vault.document')).to.deep.equal([{ name: 'seal' }]);
    expect(await admin('select name from lethe_vault.migration order by number')).to.deep.equal([
      { name: '0001-vault' },
      { name: '0002-keys' },
    ]);

    const reader = await readerOf(url, admin);
    const again = await openKeyStore({ url: reader, folder: '' });
    expect(idsOf(await again.epochs())).to.deep.equal([epoch]);
    await again.close();
    await admin("insert into lethe_vault.migration values (9, '0009-later', 'x')");
    const newer = await rejection(openKeyStore({ url, folder: '' }));
    await admin(`drop owned by ${new URL(reader).username}; drop role ${new URL(reader).username}`);
    await drop();
    expect(newer).to.include({ code: 'vault_unreadable' });
    expect(String(newer)).to.include('0009-later');
  });
});

/** The URL of a user who may read and nothing else. */
async function readerOf(url: string, admin: Admin): Promise<string> {
  const name = `reader_${randomBytes(4).toString('hex')}`;
  await admin(`create role ${name} login password 'reads';
    grant usage on schema lethe_vault to ${name}; grant select on all tables in schema lethe_vault to ${name}`);
  return Object.assign(new URL(url), { username: name, password: 'reads' }).href;
}
