import { expect } from 'chai';
import type { IndexEntry } from '../../src/encryption/encryption.js';
import type { IndexKind } from '../../src/encryption/normal-forms.js';
import { sql } from '../../src/db/sql.js';
import { bothDatabasesOnce } from '../support/database.js';
import { refusal } from '../support/small-desk.js';
import { encryptedDesk, type EncryptedDesk } from './encrypted-desk.js';

const entry = (
  key: string,
  kind: IndexKind,
  value: string | null,
  country: string | null = null,
): IndexEntry => ({
  record: 'customer',
  key,
  kind,
  value,
  country,
});

const index = ({ db, encryption }: EncryptedDesk, one: IndexEntry): Promise<boolean> =>
  db.transaction((tx) => encryption.index(tx, one));

/** Keys of the people who are found. */
async function found(
  { db, encryption }: EncryptedDesk,
  kind: IndexKind,
  wanted: string,
  country?: string,
): Promise<readonly string[]> {
  const digests = await encryption.digests(db, kind, wanted, country);
  const { rows } = await db.query<{ key: string }>(sql`
    select distinct key from lethe.blind_index where kind = ${kind} and digest = any(${digests}::bytea[]) order by key`);
  return rows.map(({ key }) => key);
}

bothDatabasesOnce('the blind index', (open) => {
  it('holds nothing while encryption is off', async () => {
    const desk = await encryptedDesk(open, 'off');
    expect(await index(desk, entry('1', 'email', 'ann@example.org'))).to.equal(true);
    expect(await desk.encryption.digests(desk.db, 'email', 'ann@example.org')).to.equal(null);
    expect(await desk.admin('select 1 from lethe.blind_index')).to.deep.equal([]);
  });

  it('finds people by e-mail address whatever its case, by number, and by phone with and without a prefix', async () => {
    const desk = await encryptedDesk(open, 'on');
    await index(desk, entry('1', 'email', 'Ann@Example.org'));
    await index(desk, entry('1', 'customerNumber', 'K-1'));
    await index(desk, entry('1', 'phone', '030 901820', 'DE'));
    await index(desk, entry('2', 'phone', '030 901820'));
    await index(desk, entry('3', 'phone', '+4930901820', 'AT'));
    expect(await found(desk, 'email', 'aNN@example.ORG ')).to.deep.equal(['1']);
    expect(await found(desk, 'customerNumber', 'K-1')).to.deep.equal(['1']);
    expect(await found(desk, 'customerNumber', 'k-1')).to.deep.equal([]);
    expect(await found(desk, 'phone', '+49 30 90 18 20')).to.deep.equal(['1', '3']);
    expect(await found(desk, 'phone', '030/901820')).to.deep.equal(['2']);
    expect(await found(desk, 'phone', '030/901820', 'DE')).to.deep.equal(['1', '2', '3']);
    expect(await found(desk, 'email', 'K-1')).to.deep.equal([]);
    expect(await found(desk, 'email', ' ')).to.deep.equal([]);
  });

  it('has a row a person and kind, which a correction replaces and a value that went away removes', async () => {
    const desk = await encryptedDesk(open, 'on');
    await index(desk, entry('1', 'email', 'old@example.org'));
    expect(await index(desk, entry('1', 'email', 'new@example.org'))).to.equal(true);
    expect(await index(desk, entry('1', 'email', 'NEW@example.org'))).to.equal(true);
    expect(await found(desk, 'email', 'old@example.org')).to.deep.equal([]);
    expect(await found(desk, 'email', 'new@example.org')).to.deep.equal(['1']);
    await index(desk, entry('1', 'phone', '112'));
    await index(desk, entry('1', 'phone', null));
    expect(await index(desk, entry('1', 'email', '  '))).to.equal(true);
    expect(await desk.admin('select 1 from lethe.blind_index')).to.deep.equal([]);
  });

  it('refuses what the map calls unique, across case, and the transaction goes on as if nothing had been', async () => {
    const desk = await encryptedDesk(open, 'on');
    await index(desk, entry('1', 'email', 'ann@example.org'));
    await index(desk, entry('2', 'email', 'bob@example.org'));
    await desk.db.transaction(async (tx) => {
      expect(await desk.encryption.index(tx, entry('2', 'email', 'ANN@example.org'))).to.equal(false);
      expect(await desk.encryption.index(tx, entry('2', 'customerNumber', 'K-2'))).to.equal(true);
    });
    expect(await found(desk, 'email', 'ann@example.org')).to.deep.equal(['1']);
    expect(await found(desk, 'email', 'bob@example.org')).to.deep.equal(['2']);
    expect(await found(desk, 'customerNumber', 'K-2')).to.deep.equal(['2']);
    await index(desk, entry('1', 'phone', '112'));
    expect(await index(desk, entry('2', 'phone', '112')), 'two people may share a phone').to.equal(true);
  });

  it('gives a unique value to one of those who ask for it at once', async () => {
    const desk = await encryptedDesk(open, 'on');
    const given = await Promise.all(
      ['1', '2', '3', '4'].map((key) => index(desk, entry(key, 'email', 'ann@example.org'))),
    );
    expect(given.filter(Boolean)).to.have.length(1);
    expect(await found(desk, 'email', 'ann@example.org')).to.have.length(1);
  });

  it('is written under every living version, and asked under every one', async () => {
    const desk = await encryptedDesk(open, 'on');
    await index(desk, entry('1', 'email', 'ann@example.org'));
    await desk.ring.addVersion('index');
    await index(desk, entry('2', 'email', 'bob@example.org'));
    expect(
      await desk.admin('select key, version from lethe.blind_index order by key, version'),
    ).to.deep.equal([
      { key: '1', version: 1 },
      { key: '2', version: 1 },
      { key: '2', version: 2 },
    ]);
    expect(await found(desk, 'email', 'ann@example.org')).to.deep.equal(['1']);
    expect(await index(desk, entry('3', 'email', 'Ann@example.org')), 'taken under the old one').to.equal(
      false,
    );
  });

  it('is closed without the key service', async () => {
    const desk = await encryptedDesk(open, 'on');
    desk.ring.isAway = true;
    await refusal(index(desk, entry('1', 'email', 'ann@example.org')), 'key_service_unavailable');
    await refusal(desk.encryption.digests(desk.db, 'email', 'ann@example.org'), 'key_service_unavailable');
  });
});
