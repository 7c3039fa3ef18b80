import { expect } from 'chai';
import {
  approvedPlan,
  checksums,
  closeDesks,
  column,
  deletedRows,
  dispose,
  hold,
  ids,
  openDesk,
  operator,
  rule,
  shown,
  TICKETS,
  ticketRows,
  ticketTable,
  type Desk,
  type Json,
} from '../support/small-desk.js';

const RULES = [rule()];

/** Plans and applies; what the plan counted must be what went, table by table. */
async function disposed(
  desk: Desk,
  policies: readonly Json[] = RULES,
  policy = 'old-tickets',
): Promise<Json> {
  const engine = desk.engine(policies);
  const id = await approvedPlan(engine, policy);
  const plan = (await engine.retention.status()).find((one) => one.id === id);
  const [row] = await desk.admin<{ tables: Record<string, number> }>(
    "select report->'tables' as tables from lethe.plan where id = $1",
    [id],
  );
  await engine.retention.apply(id, operator);
  const gone = Object.entries(row?.tables ?? {}).filter(([, rows]) => rows > 0);
  const deleted = Object.entries(await deletedRows(desk.admin, id)).filter(([, rows]) => rows > 0);
  expect(Object.fromEntries(deleted), 'planned is done').to.deep.equal(Object.fromEntries(gone));
  expect(plan?.state).to.equal('planned');
  return Object.fromEntries(gone);
}

describe('what goes with a record', () => {
  afterEach(closeDesks);

  it('only due records go; the cutoff is inclusive to the microsecond', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; insert into shop.tickets (id, closed_at) values
        (1, '2022-12-31 23:59:59.999999+00'), (2, '2023-01-01 00:00:00+00'), (3, '2023-01-01 00:00:00.000001+00'),
        (4, null), (5, '-infinity'), (6, 'infinity'), (7, '0044-03-15 00:00:00+00 BC')`,
      map: { tables: { tickets: ticketTable() }, edges: [] },
    });
    expect(await disposed(desk)).to.deep.equal({ tickets: 2 });
    expect(await ids(desk.admin, 'tickets')).to.deep.equal(['3', '4', '5', '6', '7']);
  });

  it('a period from the end of the year runs in the zone of the policy', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; insert into shop.tickets (id, closed_at) values
        (1, '2021-12-31 22:59:59.999999+00'), (2, '2021-12-31 23:00:00+00'), (3, '2020-01-01 00:00:00+00')`,
      map: { tables: { tickets: ticketTable() }, edges: [] },
    });
    const keep = { for: 'P2Y', from: 'closedAt', periodStarts: 'endOfYear', timeZone: 'Europe/Berlin' };
    await dispose(desk.engine([rule({ keep })]));
    expect(await ids(desk.admin, 'tickets')).to.deep.equal(['2']);
  });

  it('children go through every path, once; orphans that were there before and all other rows stay', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; ${ticketRows([1, 2], [3])};
        create table shop.messages (id bigint primary key, ticket_id bigint, body text);
        create table shop.files (id bigint primary key, message_id bigint, ticket_id bigint);
        insert into shop.messages values (10, 1, 'a'), (11, 1, 'b'), (20, 2, 'c'), (30, 3, 'd'), (90, 99, 'orphan'), (91, null, 'orphan');
        insert into shop.files values (100, 10, 1), (101, 11, null), (102, null, 2), (300, 30, 3), (900, 90, null), (901, null, null), (902, 77, 98)`,
      map: {
        tables: {
          tickets: ticketTable(),
          messages: { key: { id: 'bigint' } },
          files: { key: { id: 'bigint' } },
        },
        edges: [
          { child: 'messages', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' },
          { child: 'files', parent: 'messages', on: { message_id: 'id' }, then: 'delete' },
          { child: 'files', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' },
        ],
      },
    });
    expect(await disposed(desk)).to.deep.equal({ tickets: 2, messages: 3, files: 3 });
    expect(await ids(desk.admin, 'messages')).to.deep.equal(['30', '90', '91']);
    expect(await ids(desk.admin, 'files')).to.deep.equal(['300', '900', '901', '902']);
  });

  it('self-edges are followed to the end: merged tickets, reply trees, cycles', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; alter table shop.tickets add survivor bigint;
        ${ticketRows([1, 4], [2, 3])};
        update shop.tickets set survivor = id;
        insert into shop.tickets (id, status, survivor) values (5, 'open', 1), (6, 'open', 5), (7, 'open', 3);
        create table shop.messages (id bigint primary key, ticket_id bigint, reply_to bigint);
        insert into shop.messages values (10, 1, null), (11, null, 10), (12, null, 11), (13, null, 12), (50, 6, 51), (51, null, 50), (70, 7, null), (71, null, 70)`,
      map: {
        tables: {
          tickets: ticketTable({ record: 'this.survivor = this.id' }),
          messages: { key: { id: 'bigint' } },
        },
        edges: [
          { child: 'tickets', parent: 'tickets', on: { survivor: 'id' }, then: 'delete' },
          { child: 'messages', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' },
          { child: 'messages', parent: 'messages', on: { reply_to: 'id' }, then: 'delete' },
        ],
      },
    });
    expect(await disposed(desk)).to.deep.equal({ tickets: 4, messages: 6 });
    expect(await ids(desk.admin, 'tickets')).to.deep.equal(['2', '3', '7']);
    expect(await ids(desk.admin, 'messages')).to.deep.equal(['70', '71']);
  });

  it('a cycle over several tables is followed to the end', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; alter table shop.tickets add split_from bigint;
        ${ticketRows([1], [9])};
        create table shop.messages (id bigint primary key, ticket_id bigint);
        insert into shop.tickets (id, status, split_from) values (2, 'open', 10), (3, 'open', 20), (4, 'open', 90);
        insert into shop.messages values (10, 1), (20, 2), (30, 3), (90, 9), (40, 4)`,
      map: {
        tables: { tickets: ticketTable(), messages: { key: { id: 'bigint' } } },
        edges: [
          { child: 'messages', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' },
          { child: 'tickets', parent: 'messages', on: { split_from: 'id' }, then: 'delete' },
        ],
      },
    });
    expect(await disposed(desk)).to.deep.equal({ tickets: 3, messages: 3 });
    expect(await ids(desk.admin, 'tickets')).to.deep.equal(['4', '9']);
    expect(await ids(desk.admin, 'messages')).to.deep.equal(['40', '90']);
  });

  it('an edge over link tables takes only what the link names, and the link rows by their own edges', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; ${ticketRows([1], [2])};
        create table shop.threads (id bigint primary key, kind text);
        create table shop.links (base bigint, target bigint, type text);
        insert into shop.threads values (50, 'mail'), (51, 'mail'), (52, 'mail'), (53, 'chat');
        insert into shop.links values (50, 1, 'thread'), (51, 2, 'thread'), (52, 1, 'see-also'), (53, 1, 'thread')`,
      map: {
        tables: { tickets: ticketTable(), threads: { key: { id: 'bigint' } }, links: {} },
        edges: [
          {
            child: 'threads',
            parent: 'tickets',
            on: { id: 'id' },
            where: { kind: 'mail' },
            via: [{ table: 'links', where: { type: 'thread' }, child: 'base', parent: 'target' }],
            then: 'delete',
          },
          { child: 'links', parent: 'tickets', on: { target: 'id' }, then: 'delete' },
        ],
      },
    });
    expect(await disposed(desk)).to.deep.equal({ tickets: 1, threads: 1, links: 3 });
    expect(await ids(desk.admin, 'threads')).to.deep.equal(['51', '52', '53']);
    expect(await column(desk.admin, 'select base from shop.links')).to.deep.equal(['51']);
  });

  it('composite, uuid and text keys travel unharmed: quotes, umlauts, commas, backslashes, line breaks', async () => {
    const nasty = [
      `O'Brien`,
      'Müller, "Jörg"',
      'a\\b',
      'E\\n',
      '行,1',
      'two\nlines',
      '%2C',
      '{x}',
      ' spaced ',
      '$1;--',
    ];
    const desk = await openDesk({
      ddl: `create schema shop;
        create table shop.tickets (tenant text, no int, closed_at timestamptz, primary key (tenant, no));
        create table shop.notes (id text primary key, tenant text, ticket_no int);
        create table shop.marks (id uuid primary key, note text);`,
      map: {
        tables: {
          tickets: {
            key: { tenant: 'text', no: 'int' },
            concept: 'ticket',
            columns: { closed_at: { type: 'timestamptz' } },
            facts: { closedAt: { column: 'closed_at' } },
          },
          notes: {
            key: { id: 'text' },
            concept: 'note',
            facts: { never: { type: 'instant', sql: 'null::timestamptz' } },
          },
          marks: { key: { id: 'uuid' }, concept: 'mark' },
        },
        edges: [
          { child: 'notes', parent: 'tickets', on: { tenant: 'tenant', ticket_no: 'no' }, then: 'delete' },
          { child: 'marks', parent: 'notes', on: { note: 'id' }, then: 'delete' },
        ],
      },
    });
    for (const [index, name] of nasty.entries()) {
      await desk.admin("insert into shop.tickets values ($1, $2, '2021-01-01')", [name, index]);
      await desk.admin("insert into shop.tickets values ($1, $2, '2023-12-31')", [name, index + 100]);
      await desk.admin('insert into shop.notes values ($1, $2, $3)', [name, name, index]);
      await desk.admin('insert into shop.notes values ($1, $2, $3)', [`${name}+`, name, index + 100]);
      await desk.admin('insert into shop.marks values (gen_random_uuid(), $1)', [name]);
      await desk.admin('insert into shop.marks values (gen_random_uuid(), $1)', [`${name}+`]);
    }
    const engine = desk.engine(RULES);
    const [{ id: mark } = { id: '' }] = await desk.admin<{ id: string }>(
      "select id from shop.marks where note = 'E\\n'",
    );
    for (const record of ['note/行,1', `mark/${mark.toUpperCase()}`, "ticket/O'Brien,000"])
      await engine.holds.place({ ...hold, scope: { kind: 'record', record } }, operator);
    const plan = await dispose(engine);
    const kept = ['行,1', 'E\\n', "O'Brien"];
    expect(await column(desk.admin, 'select tenant from shop.tickets where no < 100')).to.have.members(kept);
    expect(await deletedRows(desk.admin, plan)).to.deep.equal({ tickets: 7, notes: 7, marks: 7 });
    expect(await desk.admin('select 1 from shop.marks')).to.have.length(13);
    const items = (await shown(engine, plan)).filter((item) => item.endsWith('deleted'));
    expect(items).to.include('ticket/two%0Alines,5 deleted').and.to.include('ticket/%252C,6 deleted');
    expect(items).to.have.length(7);
  });

  it('a child of several owners goes with the last of them, also with owners of other tables', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; ${ticketRows([1, 2], [3])};
        create table shop.articles (id bigint primary key);
        create table shop.files (id bigint primary key, ticket_id bigint, copied_to bigint, article_id bigint);
        create table shop.previews (file_id bigint);
        insert into shop.articles values (500);
        insert into shop.files values (10, 1, null, null), (11, 1, 2, null), (12, 1, 3, null), (13, 3, 2, null),
          (14, 1, null, 500), (15, 1, 77, 99), (16, 3, null, null), (17, 88, null, null);
        insert into shop.previews select id from shop.files`,
      map: {
        tables: {
          tickets: ticketTable(),
          articles: { key: { id: 'bigint' } },
          files: { key: { id: 'bigint' } },
          previews: {},
        },
        edges: [
          { child: 'files', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete', lastParent: true },
          { child: 'files', parent: 'tickets', on: { copied_to: 'id' }, then: 'delete', lastParent: true },
          { child: 'files', parent: 'articles', on: { article_id: 'id' }, then: 'delete', lastParent: true },
          { child: 'previews', parent: 'files', on: { file_id: 'id' }, then: 'delete' },
        ],
      },
    });
    expect(await disposed(desk)).to.deep.equal({ tickets: 2, files: 3, previews: 3 });
    expect(await ids(desk.admin, 'files')).to.deep.equal(['12', '13', '14', '16', '17']);
    expect(await column(desk.admin, 'select file_id from shop.previews')).to.deep.equal([
      '12',
      '13',
      '14',
      '16',
      '17',
    ]);
  });

  it('references that are cleared become empty, over foreign keys and to the same table', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; alter table shop.tickets add parent_id bigint references shop.tickets, add note text not null default 'x';
        create table shop.calls (id bigint primary key, ticket_id bigint references shop.tickets, outcome text not null default 'linked');
        ${ticketRows([1, 2], [3, 4])};
        update shop.tickets set parent_id = 1 where id in (2, 3); update shop.tickets set parent_id = 3 where id = 4;
        insert into shop.calls values (10, 1), (11, 3), (12, null)`,
      map: {
        tables: { tickets: ticketTable(), calls: { key: { id: 'bigint' } } },
        edges: [
          { child: 'tickets', parent: 'tickets', on: { parent_id: 'id' }, then: 'clear' },
          {
            child: 'calls',
            parent: 'tickets',
            on: { ticket_id: 'id' },
            then: 'clear',
            set: { ticket_id: null, outcome: 'unlinked' },
          },
        ],
      },
    });
    expect(await disposed(desk)).to.deep.equal({ tickets: 2 });
    expect(await column(desk.admin, 'select (id, parent_id) from shop.tickets')).to.deep.equal([
      '(3,)',
      '(4,3)',
    ]);
    expect(await column(desk.admin, 'select (id, ticket_id, outcome) from shop.calls')).to.deep.equal([
      '(10,,unlinked)',
      '(11,3,linked)',
      '(12,,linked)',
    ]);
  });

  it('a shared child behind foreign keys is cleared of the owner that goes, and goes with the last', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; ${ticketRows([1, 2], [3])};
        create table shop.files (id bigint primary key, ticket_id bigint references shop.tickets, copied_to bigint references shop.tickets);
        insert into shop.files values (10, 1, 3), (11, 1, 2), (12, 2, null), (13, 3, 3)`,
      map: {
        tables: { tickets: ticketTable(), files: { key: { id: 'bigint' } } },
        edges: [
          { child: 'files', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete', lastParent: true },
          { child: 'files', parent: 'tickets', on: { copied_to: 'id' }, then: 'delete', lastParent: true },
          { child: 'files', parent: 'tickets', on: { ticket_id: 'id' }, then: 'clear' },
          { child: 'files', parent: 'tickets', on: { copied_to: 'id' }, then: 'clear' },
        ],
      },
    });
    expect(await disposed(desk)).to.deep.equal({ tickets: 2, files: 2 });
    expect(await column(desk.admin, 'select (id, ticket_id, copied_to) from shop.files')).to.deep.equal([
      '(10,,3)',
      '(13,3,3)',
    ]);
  });

  it('derived counters count again, and a counter nobody touched keeps even a wrong value', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; alter table shop.tickets add customer_id bigint; ${ticketRows([1, 2, 3], [4])};
        update shop.tickets set customer_id = case when id <= 2 then 7 when id = 3 then 8 else 7 end;
        create table shop.customers (id bigint primary key, tickets int);
        insert into shop.customers values (7, 3), (8, 1), (9, 42)`,
      map: {
        tables: { tickets: ticketTable(), customers: { key: { id: 'bigint' } } },
        edges: [],
        derived: [
          {
            when: 'tickets',
            collect: 'select distinct customer_id from shop.tickets where id in (select id from gone)',
            run: 'update shop.customers c set tickets = (select count(*) from shop.tickets t where t.customer_id = c.id) where c.id in (select customer_id from collected)',
          },
        ],
      },
    });
    await disposed(desk);
    expect(await column(desk.admin, 'select (id, tickets) from shop.customers')).to.deep.equal([
      '(7,1)',
      '(8,0)',
      '(9,42)',
    ]);
  });

  it('two records with derived data of their own are disposed of in one session, one after the other', async () => {
    const counter = (table: string, by: string, counts: string): object => ({
      when: table,
      collect: `select distinct ${by} from shop.${table} where id in (select id from gone)`,
      run: `update shop.${counts} c set n = (select count(*) from shop.${table} t where t.${by} = c.${by}) where c.${by} in (select ${by} from collected)`,
    });
    const desk = await openDesk({
      ddl: `${TICKETS}; alter table shop.tickets add customer int default 7, add place text default 'x'; ${ticketRows([1, 2], [3])};
        create table shop.orders as select * from shop.tickets; alter table shop.orders add primary key (id);
        create table shop.per_customer (customer int, n int); insert into shop.per_customer values (7, 3);
        create table shop.per_place (place text, n int); insert into shop.per_place values ('x', 3)`,
      map: {
        tables: {
          tickets: ticketTable(),
          orders: ticketTable({ concept: 'order' }),
          per_customer: {},
          per_place: {},
        },
        edges: [],
        derived: [counter('tickets', 'customer', 'per_customer'), counter('orders', 'place', 'per_place')],
      },
    });
    const engine = desk.engine([rule(), rule({ id: 'old-orders', record: 'order' })]);
    await dispose(engine);
    await dispose(engine, 'old-orders');
    expect(await column(desk.admin, 'select n from shop.per_customer')).to.deep.equal(['1']);
    expect(await column(desk.admin, 'select n from shop.per_place')).to.deep.equal(['1']);
  });

  it('where a foreign key runs against an edge, the server decides the order of the deletes', async () => {
    const desk = await openDesk({
      ddl: `create schema shop;
        create table shop.threads (id bigint primary key);
        create table shop.tickets (id bigint primary key, closed_at timestamptz, status text, thread_id bigint not null references shop.threads);
        create table shop.thread_words (thread_id bigint references shop.threads, word text);
        insert into shop.threads values (70), (71);
        insert into shop.tickets values (1, '2020-01-01', 'closed', 70), (2, '2023-10-01', 'closed', 71);
        insert into shop.thread_words values (70, 'a'), (70, 'b'), (71, 'c')`,
      map: {
        tables: { tickets: ticketTable(), threads: { key: { id: 'bigint' } }, thread_words: {} },
        edges: [
          { child: 'threads', parent: 'tickets', on: { id: 'thread_id' }, then: 'delete' },
          { child: 'thread_words', parent: 'threads', on: { thread_id: 'id' }, then: 'delete' },
        ],
      },
    });
    expect(await disposed(desk)).to.deep.equal({ tickets: 1, threads: 1, thread_words: 2 });
    expect(await ids(desk.admin, 'threads')).to.deep.equal(['71']);
  });

  it('two tables that refer to each other go once one reference is cleared', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; ${ticketRows([1], [2])};
        create table shop.messages (id bigint primary key, ticket_id bigint not null references shop.tickets);
        alter table shop.tickets add first_message bigint references shop.messages;
        insert into shop.messages values (10, 1), (11, 1), (20, 2);
        update shop.tickets set first_message = id * 10`,
      map: {
        tables: { tickets: ticketTable(), messages: { key: { id: 'bigint' } } },
        edges: [
          { child: 'messages', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' },
          { child: 'tickets', parent: 'messages', on: { first_message: 'id' }, then: 'clear' },
        ],
      },
    });
    expect(await disposed(desk)).to.deep.equal({ tickets: 1, messages: 2 });
    expect(await column(desk.admin, 'select (id, first_message) from shop.tickets')).to.deep.equal([
      '(2,20)',
    ]);
  });

  it('text edges find their parents by an expression, and parameters are bound in it', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; ${ticketRows([1, 11], [2])};
        create table shop.log (id bigint primary key, uri text, kind text);
        insert into shop.log values (1, 'rt://lab''s/ticket/1', 'link'), (2, 'rt://lab''s/ticket/11', 'link'),
          (3, 'rt://other/ticket/1', 'link'), (4, 'rt://lab''s/ticket/1', 'other'), (5, 'not a link', 'link'), (6, null, 'link')`,
      map: {
        parameters: { organization: { type: 'text' } },
        tables: { tickets: ticketTable(), log: {} },
        edges: [
          {
            child: 'log',
            parent: 'tickets',
            on: { uri: { sql: "'rt://' || :organization || '/ticket/' || cast(parent.id as text)" } },
            where: { kind: ['link', 'unlink'] },
            then: 'delete',
          },
        ],
      },
      parameters: { organization: "lab's" },
    });
    expect(await disposed(desk)).to.deep.equal({ tickets: 2, log: 2 });
    expect(await ids(desk.admin, 'log')).to.deep.equal(['3', '4', '5', '6']);
  });

  it('a record that goes along with a due one goes, due itself or not, and is counted once', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; alter table shop.tickets add parent_id bigint; ${ticketRows([1, 2], [3, 4])};
        update shop.tickets set parent_id = 1 where id in (2, 3)`,
      map: {
        tables: { tickets: ticketTable() },
        edges: [{ child: 'tickets', parent: 'tickets', on: { parent_id: 'id' }, then: 'delete' }],
      },
    });
    expect(await disposed(desk)).to.deep.equal({ tickets: 3 });
    expect(await ids(desk.admin, 'tickets')).to.deep.equal(['4']);
  });

  it('thousands of records in many batches: nothing else changes', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS};
        create table shop.messages (id bigint primary key, ticket_id bigint references shop.tickets, body text);
        create index on shop.messages (ticket_id);
        create table shop.unmapped (id bigint, body text);
        insert into shop.tickets select n, 'closed', case when n % 3 = 0 then timestamptz '2023-07-01' else '2022-07-01' end from generate_series(1, 3000) n;
        insert into shop.messages select n, n % 3000 + 1, md5(n::text) from generate_series(1, 9000) n;
        insert into shop.unmapped select n, 'x' from generate_series(1, 10) n`,
      map: {
        tables: { tickets: ticketTable(), messages: { key: { id: 'bigint' } } },
        edges: [{ child: 'messages', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' }],
      },
    });
    const tables = ['shop.tickets', 'shop.unmapped'];
    const before = [
      await checksums(desk.admin, ['shop.tickets'], 'id % 3 = 0'),
      await checksums(desk.admin, ['shop.messages'], '(ticket_id % 3) = 0'),
      await checksums(desk.admin, ['shop.unmapped']),
    ];
    expect(await disposed(desk)).to.deep.equal({ tickets: 2000, messages: 6000 });
    expect(await checksums(desk.admin, tables)).to.deep.equal({ ...before[0], ...before[2] });
    expect(await checksums(desk.admin, ['shop.messages'])).to.deep.equal(before[1]);
  });
});
