import { expect } from 'chai';
import { fixedClock } from '../../src/core/clock.js';
import { parseInstant, type Instant } from '../../src/core/instant.js';
import type { MapGraph } from '../../src/datamap/graph.js';
import { loadMap } from '../../src/datamap/load.js';
import type { Database } from '../../src/db/database.js';
import { migrate } from '../../src/db/migrate.js';
import { openPostgres } from '../../src/db/postgres.js';
import { throughDoor } from '../../src/db/disposal-door.js';
import { sql } from '../../src/db/sql.js';
import type { ConvertContext } from '../../src/encryption/convert-context.js';
import { beginEncryption, encryptDatabase } from '../../src/encryption/convert.js';
import { encryptionOver } from '../../src/encryption/encryption-over.js';
import type { Encryption, StoredValue, Value } from '../../src/encryption/encryption.js';
import { bothDatabases, freshDatabase, type FreshDatabase, type TestDatabase } from '../support/database.js';
import { MemoryKeyring } from '../support/memory-keys.js';
import { refusal, untilBlocked } from '../support/small-desk.js';
import { everythingIn } from './whole-text.js';

const NOW = parseInstant('2026-11-21T12:00:00Z') as Instant;

/** Values that stand nowhere else; none may be left anywhere in the clear. */
const MARKED = ['Mahlow', 'Marjanovic', 'Markisch', 'Marpingen'] as const;
/** More than one batch of messages. */
const MESSAGES = 620;

/** What a person wrote that is spelled as an envelope. */
const LOOKS = [`lk1.${'A'.repeat(90)}`, 'lk1.'];

const ROWS = `
  insert into desk.agents (id, name, email, role) values (7, 'Ada', 'ada@desk.example', 'agent');
  insert into desk.customers (id, customer_number, name, email, phone, country, city) values
    (3, 'C-3', 'Mahlow Marjanovic', 'Marjanovic@Mail.example', '030 901820', 'DE', 'Marpingen'),
    (4, 'C-4', 'Jo', ' marjanovic@mail.example', null, null, null);
  insert into desk.tickets (id, number, subject, category, channel, status, customer_id) values
    (77, 'T-77', 'Markisch', 'warranty', 'e-mail', 'open', 3), (78, 'T-78', 'lk1.', 'warranty', 'e-mail', 'open', 4);
  insert into desk.messages (id, ticket_id, author, customer_id, channel, body, source_ref)
    select n, 77 + n % 2, 'customer', 3 + n % 2, 'e-mail', 'Markisch ' || n, case when n % 3 = 0 then 'form Mahlow' end
    from generate_series(1, ${MESSAGES}) n;
  update desk.messages set body = '${LOOKS[0]}' where id = 5;
  insert into desk.attachments (id, message_id, file_name, media_type, content, size_bytes)
    select n, n, 'Mahlow-' || n || '.txt', 'text/plain', convert_to(repeat('Markisch ', 9), 'UTF8'), 81 from generate_series(1, 3) n;
  insert into desk.call_recordings (id, ticket_id, media_type, content, duration_seconds, started_at)
    values (1, 77, 'audio/wav', convert_to('Marpingen', 'UTF8'), 3, '2026-01-01');
  insert into desk.statements (customer_id, ticket_id, message_id, body, actor, stated_at) values
    (3, null, null, 'Marjanovic says', 'customer', '2026-01-01'), (null, 77, null, 'Mahlow says', 'customer', '2026-01-01'),
    (null, null, 5, 'Markisch says', 'customer', '2026-01-01');
  insert into desk.provenance (customer_id, field, channel, source, source_ref, kept_at)
    values (3, 'phone', 'web', 'form', 'Marpingen', '2026-01-01')`;

interface Desk extends ConvertContext, TestDatabase {
  readonly db: Database;
  readonly keyring: MemoryKeyring;
  readonly encryption: Encryption;
}

async function deskOn({ db, admin }: TestDatabase): Promise<Desk> {
  const graph = await loadMap('native', {}, '.');
  await migrate(db, ['desk']);
  await admin(ROWS);
  db.guard(['desk.messages', 'desk.customers']);
  const keyring = new MemoryKeyring();
  const parts = { db, graph, keyring, clock: fixedClock(NOW) };
  return { ...parts, admin, encryption: encryptionOver(parts) };
}

/** Every protected value that there is, as it is stored. */
async function stored({ admin, graph }: Pick<Desk, 'admin'> & { graph: MapGraph }): Promise<StoredValue[]> {
  const values: StoredValue[] = [];
  for (const table of graph.tables.values())
    for (const column of table.protected?.columns ?? [])
      for (const { key, value } of await admin<{ key: string; value: Value }>(
        `select id::text as key, ${column.sql} as value from ${table.sql} order by id`,
      ))
        if (value !== null) values.push({ table: table.id, column: column.id, row: key, value });
  return values;
}

const isSpelled = (value: Value): boolean => shown(value).startsWith('lk1.') || shown(value).startsWith('LK');

const stateOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => (error as { readonly code?: unknown }).code,
  );

const shown = (value: Value): string =>
  typeof value === 'string' || value === null ? String(value) : Buffer.from(value).toString();

bothDatabases('turning encryption on', (open) => {
  it('every protected value is encrypted, reads as it was, and is bound to its place; nothing is left in the clear', async () => {
    const desk = await deskOn(await open());
    const before = await stored(desk);
    const { isNew, rows, shared } = await encryptDatabase(desk, 'officer');
    expect(isNew).to.equal(true);
    expect(rows).to.include({ customers: 2, tickets: 2, messages: MESSAGES, attachments: 3, statements: 3 });
    expect(shared).to.equal(1); // the two write one address, spelled in two ways
    const after = await stored(desk);
    expect(after).to.have.length(before.length);
    expect((await desk.encryption.decrypt(after)).map(shown)).to.deep.equal(
      before.map(({ value }) => shown(value)),
    );
    const text = await everythingIn(desk.admin);
    for (const mark of MARKED) expect(text.includes(mark), mark).to.equal(false);
  });
});

describe('turning encryption on in a database at work', () => {
  let fresh: FreshDatabase;
  const opened: Database[] = [];
  beforeEach(async () => {
    fresh = await freshDatabase();
  });
  afterEach(async () => {
    for (const db of opened.splice(0)) await db.close();
    await fresh.drop();
  });
  const another = async (): Promise<Database> => {
    const db = await openPostgres(fresh.url, { max: 4 });
    opened.push(db);
    return db;
  };

  it('asked to stop it stops after a batch, readers see both kinds, and the next call goes on to the same end', async () => {
    const desk = await deskOn({ db: await another(), admin: fresh.admin });
    const before = await stored(desk);
    const stop = new AbortController();
    const told: number[] = [];
    const watch = {
      signal: stop.signal,
      progress: ({ items, done }: { items: number; done: number }) => {
        told.push(items);
        if (done > 502) stop.abort();
      },
    };
    const error = await refusal(encryptDatabase(desk, 'officer', watch), 'encryption_incomplete');
    expect(error.message).to.include('interrupted');
    expect(new Set(told)).to.deep.equal(new Set([MESSAGES + 12]));
    const between = await stored(desk);
    expect(between.filter(({ value }) => isSpelled(value)).length).to.be.within(500, before.length - 100);
    expect((await desk.encryption.decrypt(between)).map(shown)).to.deep.equal(
      before.map(({ value }) => shown(value)),
    );
    await encryptDatabase(desk, 'officer');
    const after = await stored(desk);
    expect(after.filter(({ value }) => !isSpelled(value))).to.deep.equal([]);
    expect((await desk.encryption.decrypt(after)).map(shown)).to.deep.equal(
      before.map(({ value }) => shown(value)),
    );
    const [row] = await desk.admin('select sum(row_count)::int as rows from lethe.encryption_progress');
    expect(row).to.deep.equal({ rows: MESSAGES + 12 });
    expect(await encryptDatabase(desk, 'officer')).to.include({ isNew: false });
    expect(
      await desk.admin(
        "select kind from lethe.ledger_entry where kind like 'encryption.%' order by at, kind",
      ),
    ).to.deep.equal([{ kind: 'encryption.begun' }, { kind: 'encryption.finished' }]);
  });

  it('afterwards the database itself refuses a value in the clear, and empty and null ones are as they were', async () => {
    const desk = await deskOn({ db: await another(), admin: fresh.admin });
    await desk.admin(`update desk.messages set body = '' where id = 9`);
    await encryptDatabase(desk, 'officer');
    for (const work of [
      `update desk.messages set body = 'Hello' where id = 9`,
      `update desk.messages set body = 'lk1.short' where id = 9`,
      `update desk.attachments set content = 'Hello'`,
      `insert into desk.customers (customer_number, name, email) values ('C-9', 'Eve', 'eve@mail.example')`,
    ])
      expect(await stateOf(desk.admin(work)), work).to.equal('23514');
    // as a program is told that read before all this that nothing is encrypted
    const late = throughDoor(desk.db, (tx) =>
      tx.query(sql`update desk.messages set body = 'Hello' where id = 9`),
    );
    await refusal(late, 'encryption_begun');
    await desk.admin(`update desk.messages set source_ref = null where id = 9`);
    const [empty] = await desk.admin<{ body: string }>('select body from desk.messages where id = 9');
    const value = { table: 'messages', column: 'body', row: '9', value: empty?.body ?? null };
    expect(await desk.encryption.decrypt([value])).to.deep.equal(['']);
  });

  it('a row that belongs to nobody is named by its table before anything begins', async () => {
    const desk = await deskOn({ db: await another(), admin: fresh.admin });
    await desk.admin(`alter table desk.statements drop constraint statements_check;
      insert into desk.statements (body, actor, stated_at) values ('Whose?', 'system', '2026-01-01')`);
    const { message } = await refusal(encryptDatabase(desk, 'officer'), 'value_unowned');
    expect(message).to.include('statements: 1').and.not.to.include('Whose');
    expect(await desk.admin('select 1 from lethe.encryption')).to.deep.equal([]);
  });

  it('with the key service away nothing of a batch is stored, and it goes on when it is back', async () => {
    const desk = await deskOn({ db: await another(), admin: fresh.admin });
    desk.keyring.isAway = true;
    await refusal(encryptDatabase(desk, 'officer'), 'key_service_unavailable');
    expect(
      (await stored(desk)).filter(({ value }) => isSpelled(value) && !LOOKS.includes(shown(value))),
    ).to.deep.equal([]);
    desk.keyring.isAway = false;
    expect(await encryptDatabase(desk, 'officer')).to.include({ isNew: true });
  });

  it('a transaction that read before that nothing is encrypted stores nothing in the clear', async () => {
    const desk = await deskOn({ db: await another(), admin: fresh.admin });
    const late = throughDoor(await another(), async (tx) => {
      expect(await desk.encryption.isOn(tx)).to.equal(false);
      await beginEncryption(desk, 'officer');
      await tx.query(sql`update desk.messages set body = 'Marpingen' where id = 1`);
    });
    await refusal(late, 'encryption_begun');
  });

  it('whoever writes at that moment is waited for, and what they wrote is encrypted', async () => {
    const desk = await deskOn({ db: await another(), admin: fresh.admin });
    const writer = await fresh.connect();
    await writer.query("begin; update desk.messages set body = 'Marpingen' where id = 600");
    const encrypting = encryptDatabase(desk, 'officer');
    await untilBlocked(fresh.admin, 'trigger');
    await writer.query('commit');
    await encrypting;
    expect((await everythingIn(fresh.admin)).includes('Marpingen')).to.equal(false);
  });

  it('meanwhile one column of a row can be changed while another is still in the clear, and not into the clear', async () => {
    const desk = await deskOn({ db: await another(), admin: fresh.admin });
    await beginEncryption(desk, 'officer');
    const place = { table: 'customers', row: '3', owner: { record: 'customer', key: '3' } };
    await throughDoor(desk.db, async (tx) => {
      const { city } = await desk.encryption.encrypt(tx, place, { city: 'Bremen' });
      await tx.query(sql`update desk.customers set city = ${city}, name = name where id = 3`);
    });
    expect(await stateOf(fresh.admin(`update desk.customers set phone = '1' where id = 3`))).to.equal(
      'LE001',
    );
    expect(await stateOf(fresh.admin(`update desk.customers set phone = null where id = 3`))).to.equal(null);
  });

  it('two at once share the work and come to the same end', async () => {
    const desk = await deskOn({ db: await another(), admin: fresh.admin });
    const before = await stored(desk);
    const other = { ...desk, db: await another() };
    const ends = await Promise.all([encryptDatabase(desk, 'officer'), encryptDatabase(other, 'operator')]);
    expect(ends.map(({ isNew }) => isNew).sort()).to.deep.equal([false, true]);
    const [row] = await desk.admin('select sum(row_count)::int as rows from lethe.encryption_progress');
    expect(row).to.deep.equal({ rows: MESSAGES + 12 });
    expect((await desk.encryption.decrypt(await stored(desk))).map(shown)).to.deep.equal(
      before.map(({ value }) => shown(value)),
    );
  });

  it('what came in the clear past every trigger is found before the end', async () => {
    const desk = await deskOn({ db: await another(), admin: fresh.admin });
    await beginEncryption(desk, 'officer');
    let isPlanted = false;
    const progress = ({ done }: { done: number }): void => {
      if (done < 600 || isPlanted) return;
      isPlanted = true;
      void fresh.admin(
        "set session_replication_role = replica; update desk.tickets set subject = 'Marpingen' where id = 77",
      );
    };
    await encryptDatabase(desk, 'officer', { progress });
    expect(isPlanted).to.equal(true);
    expect((await everythingIn(fresh.admin)).includes('Marpingen')).to.equal(false);
  });
});
