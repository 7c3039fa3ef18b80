import { expect } from 'chai';
import { fixedClock } from '../../src/core/clock.js';
import { reindex, type ReindexContext } from '../../src/encryption/re-index.js';
import { sql } from '../../src/db/sql.js';
import { bothDatabasesOnce } from '../support/database.js';
import { refusal, until } from '../support/small-desk.js';
import { AT, customerPlace, encryptedDesk, type EncryptedDesk } from './encrypted-desk.js';

/** More than one batch. */
const MANY = 620;

/** Customers as a writer stores them: encrypted, and findable. */
async function fill({ db, encryption }: EncryptedDesk, count: number): Promise<void> {
  await db.transaction(async (tx) => {
    for (let id = 1; id <= count; id += 1) {
      const values = {
        customer_number: `K-${id}`,
        name: 'Ann',
        email: `Ann${id}@example.org`,
        phone: id % 2 ? '030 901820' : null,
      };
      const stored = await encryption.encrypt(tx, customerPlace(String(id)), values);
      await tx.query(sql`
        insert into desk.customers (id, customer_number, name, email, phone, country)
        values (${id}, ${stored.customer_number}, ${stored.name}, ${stored.email}, ${stored.phone}, 'DE')`);
      const person = { record: 'customer', key: String(id), country: 'DE' };
      await encryption.index(tx, { ...person, kind: 'email', value: values.email });
      await encryption.index(tx, { ...person, kind: 'customerNumber', value: values.customer_number });
      await encryption.index(tx, { ...person, kind: 'phone', value: values.phone });
    }
  });
}

const contextOf = ({ db, graph, ring }: EncryptedDesk): ReindexContext => ({
  db,
  graph,
  keyring: ring,
  clock: fixedClock(AT),
});

/** Rows of the index by kind and version. */
const rowsOf = async ({ admin }: EncryptedDesk): Promise<readonly string[]> => {
  const rows = await admin<{ line: string }>(
    `select kind || ' ' || version || ' ' || count(*) as line from lethe.blind_index group by kind, version order by kind, version`,
  );
  return rows.map(({ line }) => line);
};

async function isFound({ db, encryption }: EncryptedDesk, email: string): Promise<boolean> {
  const digests = await encryption.digests(db, 'email', email);
  const { rows } = await db.query(
    sql`select distinct key from lethe.blind_index where digest = any(${digests}::bytea[])`,
  );
  return rows.length === 1;
}

const living = ({ ring }: EncryptedDesk): readonly number[] =>
  (ring.versions.get('index') ?? []).map(({ version }) => version);

bothDatabasesOnce('indexing everybody anew', (open) => {
  it('leaves one version, under which everybody is found, and tells how far it is', async () => {
    const desk = await encryptedDesk(open, 'on');
    await fill(desk, 9);
    const told: number[] = [];
    const done = await reindex(contextOf(desk), { watch: ({ people }) => told.push(people) });
    expect(done).to.deep.equal({ version: 2, people: 9, shared: 0, lost: 0, isDone: true });
    expect(await rowsOf(desk)).to.deep.equal(['customerNumber 2 9', 'email 2 9', 'phone 2 5']);
    expect(living(desk)).to.deep.equal([2]);
    expect(told).to.deep.equal([9]);
    for (const id of [1, 2, 9]) expect(await isFound(desk, `ann${id}@EXAMPLE.org`)).to.equal(true);
  });

  it('goes on where it was interrupted or killed, wherever that was', async () => {
    const desk = await encryptedDesk(open, 'on');
    await fill(desk, MANY);
    const stop = new AbortController();
    const first = await reindex(contextOf(desk), {
      watch: () => {
        stop.abort();
      },
      signal: stop.signal,
    });
    expect(first).to.deep.equal({ version: 2, people: 500, shared: 0, lost: 0, isDone: false });
    expect(await isFound(desk, 'ann1@example.org'), 'moved').to.equal(true);
    expect(await isFound(desk, `ann${MANY}@example.org`), 'not moved yet').to.equal(true);
    const drop = desk.ring.dropVersion.bind(desk.ring);
    desk.ring.dropVersion = () => Promise.reject(new Error('killed'));
    await reindex(contextOf(desk)).catch(() => undefined);
    expect(living(desk)).to.deep.equal([2, 1]);
    desk.ring.dropVersion = drop;
    expect(await reindex(contextOf(desk))).to.deep.equal({
      version: 2,
      people: 0,
      shared: 0,
      lost: 0,
      isDone: true,
    });
    expect(await rowsOf(desk)).to.deep.equal([
      `customerNumber 2 ${MANY}`,
      `email 2 ${MANY}`,
      `phone 2 ${MANY / 2}`,
    ]);
    expect(living(desk)).to.deep.equal([2]);
  }).timeout(60_000);

  it('heals: who has no entry gets one, and entries of people who are gone go', async () => {
    const desk = await encryptedDesk(open, 'on');
    await fill(desk, 3);
    await desk.admin(
      `delete from lethe.blind_index where key = '2'; delete from desk.customers where id = 3`,
    );
    expect((await reindex(contextOf(desk))).people).to.equal(2);
    expect(await rowsOf(desk)).to.deep.equal(['customerNumber 2 2', 'email 2 2', 'phone 2 1']);
    expect(await isFound(desk, 'ann2@example.org')).to.equal(true);
  });

  it('goes by what is stored, whatever an entry of the new version says already', async () => {
    const desk = await encryptedDesk(open, 'on');
    await fill(desk, 1);
    await desk.ring.addVersion('index');
    await desk.admin(
      `insert into lethe.blind_index (kind, version, digest, record, key, is_unique) values ('email', 2, $1, 'customer', '1', true)`,
      [Buffer.alloc(32)],
    );
    await reindex(contextOf(desk));
    expect(await isFound(desk, 'ann1@example.org')).to.equal(true);
  });

  it('finds everybody again after an older copy of the vault has lost the newer version', async () => {
    const desk = await encryptedDesk(open, 'on');
    await fill(desk, 3);
    const older = [...(desk.ring.versions.get('index') ?? [])];
    await reindex(contextOf(desk));
    desk.ring.versions.set('index', older);
    expect(await isFound(desk, 'ann1@example.org')).to.equal(false);
    expect(await reindex(contextOf(desk))).to.deep.include({ version: 3, people: 3 });
    expect(await isFound(desk, 'ann1@example.org')).to.equal(true);
    expect([living(desk), await rowsOf(desk)]).to.deep.equal([
      [3],
      ['customerNumber 3 3', 'email 3 3', 'phone 3 2'],
    ]);
  });

  it('comes to its end without people whose key is gone, and counts them', async () => {
    const desk = await encryptedDesk(open, 'on');
    await fill(desk, MANY);
    const keys = await desk.admin<{ id: string }>(
      "select id from lethe.data_key where record = 'customer' and key in ('2', '600') order by key",
    );
    await desk.ring.destroy([keys[0]?.id ?? ''], AT);
    desk.ring.keys.delete(keys[1]?.id ?? '');
    expect(await reindex(contextOf(desk))).to.deep.equal({
      version: 2,
      people: MANY - 2,
      shared: 0,
      lost: 2,
      isDone: true,
    });
    expect(living(desk)).to.deep.equal([2]);
    expect(await desk.admin("select from lethe.blind_index where key in ('2', '600')")).to.deep.equal([]);
    for (const id of [1, 3, MANY]) expect(await isFound(desk, `ann${id}@example.org`)).to.equal(true);
  }).timeout(60_000);

  it('keeps what somebody corrects meanwhile', async () => {
    const desk = await encryptedDesk(open, 'on');
    await fill(desk, 2);
    await desk.ring.addVersion('index');
    await desk.db.transaction((tx) =>
      desk.encryption.index(tx, { record: 'customer', key: '1', kind: 'phone', value: '112', country: 'DE' }),
    );
    await reindex(contextOf(desk));
    expect(await rowsOf(desk)).to.deep.equal(['customerNumber 2 2', 'email 2 2', 'phone 2 1']);
  });

  it('waits for a writer who does not know of the new version yet, and loses nothing of theirs', async () => {
    const desk = await encryptedDesk(open, 'on');
    await fill(desk, 2);
    const writer = desk.db.transaction(async (tx) => {
      await desk.encryption.index(tx, {
        record: 'customer',
        key: '2',
        kind: 'email',
        value: 'new@example.org',
        country: null,
      });
      // the embedded database has one session: there it comes after
      if (desk.db.kind === 'postgres')
        await until(() => Promise.resolve(living(desk).includes(2)), 'a new version');
      const { email } = await desk.encryption.encrypt(tx, customerPlace('2'), { email: 'new@example.org' });
      await tx.query(sql`update desk.customers set email = ${email} where id = 2`);
    });
    const [, done] = await Promise.all([writer, reindex(contextOf(desk))]);
    expect(done).to.deep.include({ version: 2, people: 2 });
    expect(await isFound(desk, 'new@example.org')).to.equal(true);
    expect(await isFound(desk, 'ann2@example.org')).to.equal(false);
  });

  it('finds both of two people who turn out to have the same, and counts them', async () => {
    const desk = await encryptedDesk(open, 'on');
    await fill(desk, 2);
    const { email } = await desk.db.transaction((tx) =>
      desk.encryption.encrypt(tx, customerPlace('2'), { email: 'ANN1@example.org' }),
    );
    await desk.admin('update desk.customers set email = $1 where id = 2', [email]);
    const { shared } = await reindex(contextOf(desk));
    expect(shared).to.equal(1);
    const digests = await desk.encryption.digests(desk.db, 'email', 'ann1@example.org');
    const { rows } = await desk.db.query<{ key: string }>(
      sql`select key from lethe.blind_index where digest = any(${digests}::bytea[]) order by key`,
    );
    expect(rows.map(({ key }) => key)).to.deep.equal(['1', '2']);
  });

  it('does nothing where nothing is encrypted, and stops at damage without dropping anything', async () => {
    const desk = await encryptedDesk(open, 'off');
    expect(await reindex(contextOf(desk))).to.include({ version: 0, isDone: true });
    expect(desk.ring.versions.size).to.equal(0);
    await desk.become('on');
    await fill(desk, 2);
    await desk.admin('update desk.customers set email = name where id = 2');
    await refusal(reindex(contextOf(desk)), 'envelope_invalid');
    expect(living(desk)).to.deep.equal([2, 1]);
    expect(await isFound(desk, 'ann2@example.org')).to.equal(true);
  });
});
