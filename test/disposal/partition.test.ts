import { expect } from 'chai';
import {
  AS_OF,
  approvedPlan,
  checksums,
  closeDesks,
  column,
  deletedRows,
  ids,
  openDesk,
  operator,
  refusal,
  rule,
  shown,
  dispose,
  floor,
  hold,
  officer,
  ticketTable,
  type Desk,
  type Json,
} from '../support/small-desk.js';
import { raw, sql } from '../../src/db/sql.js';
import { replay } from '../../src/disposal/replay.js';
import { backUp, closeRestored, context, restored } from '../support/restore.js';
import { expectBookkeeping } from '../support/busy-desk.js';
import { applyTelling, PARTITIONED, partitionedDesk, rowByRow, YEAR } from '../support/partitioned-desk.js';

const RULES = [rule()];

const partitionsLeft = (desk: Desk): Promise<readonly string[]> =>
  column(desk.admin, "select relname from pg_class where relispartition and relkind = 'r'");
const tickets = (desk: Desk, where: string): Promise<readonly string[]> =>
  column(desk.admin, `select id from shop.tickets where ${where}`);
const IN_2021 = "closed_at >= '2021-01-01' and closed_at < '2022-01-01'";

/** Over the desk's own pool: the copy for the restore has ended the other connections. */
const rowsNow = async ({ db }: Desk, table: string): Promise<readonly string[]> => {
  const { rows } = await db.query(sql`select t::text as row from ${raw(table)} t order by 1`);
  return rows.map(({ row }) => String(row));
};

describe('partition drop', () => {
  afterEach(closeRestored);
  afterEach(closeDesks);

  it('partitions whose rows all go are dropped with what belongs to them: the same is left, and counted, as row by row', async () => {
    const setup = partitionedDesk(900);
    const plain = await openDesk({ ...setup, map: rowByRow(setup.map) });
    const before = await dispose(plain.engine(RULES));
    const desk = await openDesk(setup);
    const engine = desk.engine(RULES);
    const plan = await approvedPlan(engine);
    const told = await applyTelling(engine, plan);
    expect(told).to.have.members([`${YEAR[2021]}: dropped`, `${YEAR[2022]}: dropped`]);
    expect(await checksums(desk.admin, PARTITIONED)).to.deep.equal(await checksums(plain.admin, PARTITIONED));
    expect(await deletedRows(desk.admin, plan)).to.deep.equal(await deletedRows(plain.admin, before));
    expect(await partitionsLeft(desk)).to.deep.equal([
      'messages_2023',
      'messages_rest',
      'tickets_2023',
      'tickets_rest',
    ]);
    // 2020's are in the default partition: its rows went one by one
    await expectBookkeeping(desk, plan, 2700);
    const certificate = await engine.retention.certificate(plan);
    expect(certificate.records).to.include({ planned: 2700, deleted: 2700 });
    for (const { table, planned, deleted } of certificate.tables) expect(deleted, table).to.equal(planned);
  });

  it('a plan says which partitions it would take whole, and no chunk holds rows of two', async () => {
    const desk = await openDesk(partitionedDesk(900));
    const { report, id } = await desk.engine(RULES).retention.plan('old-tickets', operator, AS_OF);
    expect(report.partitions).to.deep.equal([
      { partition: YEAR[2021], records: 900, chunks: [0, 2] },
      { partition: YEAR[2022], records: 900, chunks: [3, 5] },
    ]);
    const mixed = await desk.admin(
      `select c.no from lethe.chunk c, unnest(c.keys_bigint) k join shop.tickets t on t.id = k
       where plan_id = $1 group by c.no having count(distinct t.tableoid) > 1`,
      [id],
    );
    expect(mixed).to.deep.equal([]);
  });

  const fallbacks: readonly {
    readonly what: string;
    readonly ddl: string;
    readonly told: string;
    /** Of the tickets closed in 2021. */
    readonly left: readonly string[];
  }[] = [
    {
      what: 'changed, so that it is no longer due',
      ddl: "update shop.tickets set closed_at = '2021-12-31' where id = 2021001; update shop.tickets set status = 'open' where id = 2021005",
      told: 'rows, the rule does not take every row of it any more',
      left: ['2021005'],
    },
    {
      what: 'added after planning',
      ddl: "insert into shop.tickets values (2021999, 'closed', '2021-05-05', 1)",
      told: 'rows, it holds other rows than the plan found',
      left: ['2021999'],
    },
    {
      what: 'exchanged for another',
      ddl: "delete from shop.events where ticket_id = 2021004; delete from shop.tickets where id = 2021004; insert into shop.tickets values (2021999, 'closed', '2021-05-05', 1)",
      told: 'rows, the rule does not take every row of it any more',
      left: ['2021999'],
    },
    {
      what: 'with a key that another partition holds, too',
      ddl: "insert into shop.tickets values (2021004, 'open', '2023-05-05', 1)",
      told: 'rows, another partition holds rows of the same keys',
      left: ['2021004'],
    },
  ];
  for (const { what, ddl, told: expected, left } of fallbacks)
    it(`a partition with a row ${what}, goes row by row, each with its own exception`, async () => {
      const desk = await openDesk(partitionedDesk(20));
      const status = { all: [{ fact: 'status', operator: 'equal', value: 'closed' }] };
      const engine = desk.engine([rule({ when: status })]);
      const plan = await approvedPlan(engine);
      await desk.admin(ddl);
      const told = await applyTelling(engine, plan);
      expect(told).to.deep.equal([`${YEAR[2021]}: ${expected}`, `${YEAR[2022]}: dropped`]);
      expect(await tickets(desk, IN_2021)).to.deep.equal(left);
      expect(await partitionsLeft(desk)).to.include('tickets_2021');
    });

  it('a hold, on a ticket or on what hangs on it, and a duty to keep stop the drop; the other rows of the partition go', async () => {
    const desk = await openDesk(partitionedDesk(20));
    const always = floor({ when: { all: [{ fact: 'status', operator: 'equal', value: 'billing' }] } });
    const engine = desk.engine([rule(), always]);
    const plan = await approvedPlan(engine);
    await engine.holds.place({ ...hold, scope: { kind: 'record', record: 'ticket/2021003' } }, officer);
    await engine.holds.place({ ...hold, scope: { kind: 'record', record: 'message/20220071' } }, officer);
    await desk.admin("update shop.tickets set status = 'billing' where id = 2022009");
    const told = await applyTelling(engine, plan);
    expect(told).to.deep.equal([
      `${YEAR[2021]}: rows, a protection covers some of it`,
      `${YEAR[2022]}: rows, a protection covers some of it`,
    ]);
    expect(await tickets(desk, 'id < 2023000')).to.deep.equal(['2021003', '2022007', '2022009']);
  });

  it('of a rule over messages, a hold on the ticket they belong to keeps their partition', async () => {
    const setup = partitionedDesk(20);
    const { messages, ...others } = setup.map['tables'] as Record<string, Json>;
    const facts = { sentAt: { column: 'ticket_closed_at' } };
    const columns = { ticket_closed_at: { type: 'timestamptz' } };
    const desk = await openDesk({
      ...setup,
      map: { ...setup.map, tables: { ...others, messages: { ...messages, columns, facts } } },
    });
    const engine = desk.engine([
      rule({ record: 'message', keep: { for: 'P1Y', from: 'sentAt', timeZone: 'UTC' } }),
    ]);
    const plan = await approvedPlan(engine);
    await engine.holds.place({ ...hold, scope: { kind: 'record', record: 'ticket/2021003' } }, officer);
    const told = await applyTelling(engine, plan);
    expect(told).to.deep.equal([
      'shop.messages_2021: rows, a protection covers some of it',
      'shop.messages_2022: dropped',
    ]);
    expect(await column(desk.admin, 'select id from shop.messages where id < 20230000')).to.deep.equal([
      '20210031',
      '20210032',
    ]);
    expect(await tickets(desk, 'id < 2023000')).to.have.length(60);
  });

  it('rows of the root table that lie in another partition and would go along stop the drop', async () => {
    const desk = await openDesk({
      ddl: `create schema shop;
        create table shop.tickets (id bigint primary key, status text, closed_at timestamptz, merged_into bigint) partition by range (id);
        create table shop.low partition of shop.tickets for values from (1) to (100);
        create table shop.high partition of shop.tickets for values from (100) to (200);
        create table shop.top partition of shop.tickets for values from (200) to (300);
        insert into shop.tickets select n, 'closed', '2021-01-01', case n when 5 then 4 when 101 then 6 end
          from generate_series(1, 299) n where n not between 20 and 99 and n not between 120 and 199;
        update shop.tickets set closed_at = null where merged_into is not null or id > 290`,
      map: {
        tables: {
          tickets: ticketTable({
            record: 'this.merged_into is null',
            columns: { id: { type: 'bigint' }, closed_at: { type: 'timestamptz' }, status: { type: 'text' } },
            partition: { by: 'id' },
          }),
        },
        edges: [{ child: 'tickets', parent: 'tickets', on: { merged_into: 'id' }, then: 'delete' }],
      },
    });
    await desk.admin('update shop.tickets set merged_into = null, closed_at = $1 where id = 5', [
      '2021-01-01',
    ]);
    const engine = desk.engine(RULES);
    const plan = await approvedPlan(engine);
    expect(await applyTelling(engine, plan)).to.deep.equal([
      'shop.low: rows, rows of other partitions would go along',
    ]);
    expect(await ids(desk.admin, 'tickets')).to.deep.equal(await tickets(desk, 'id > 290'));
    expect(await tickets(desk, 'id > 290')).to.have.length(9);
  });

  it('default and divided partitions go row by row, and so do those whose triggers a drop would pass by', async () => {
    const setup = partitionedDesk(20);
    const desk = await openDesk({
      ...setup,
      ddl: `${setup.ddl};
        create table shop.gone (id bigint);
        create function shop.note() returns trigger language plpgsql as $$ begin insert into shop.gone values (old.id); return null; end $$;
        create trigger note after delete on shop.tickets_2021 for each row execute function shop.note();
        create table shop.old partition of shop.tickets for values from ('2010-01-01') to ('2011-01-01') partition by range (closed_at);
        create table shop.older partition of shop.old default;
        insert into shop.tickets values (1, 'closed', '2010-05-05', 1)`,
    });
    const engine = desk.engine(RULES);
    const plan = await approvedPlan(engine);
    expect(await applyTelling(engine, plan)).to.deep.equal([`${YEAR[2022]}: dropped`]);
    expect(await tickets(desk, 'id < 2023000')).to.deep.equal([]);
    expect(await column(desk.admin, 'select id from shop.gone')).to.have.length(20);
    expect(await partitionsLeft(desk)).to.include.members(['tickets_2021', 'tickets_rest', 'older']);
  });

  it('a partition that rows outside the map refer to stays, and so does the one record they refer to', async () => {
    const setup = partitionedDesk(20);
    const desk = await openDesk({
      ...setup,
      ddl: `${setup.ddl}; create table shop.forgotten (id bigint, closed_at timestamptz, foreign key (id, closed_at) references shop.tickets (id, closed_at));
        insert into shop.forgotten select id, closed_at from shop.tickets where id = 2021005`,
    });
    const engine = desk.engine(RULES);
    const plan = await approvedPlan(engine);
    const told: string[] = [];
    await refusal(applyTelling(engine, plan, told), 'run_incomplete');
    expect(told).to.deep.equal([
      `${YEAR[2021]}: rows, rows that the data map does not reach refer to it`,
      `${YEAR[2022]}: dropped`,
    ]);
    expect(await tickets(desk, 'id < 2023000')).to.deep.equal(['2021005']);
    expect(await shown(engine, plan)).to.include('ticket/2021005 busy 23503');
  });

  it('what depends on a partition by its own name is never dropped with it', async () => {
    const setup = partitionedDesk(20);
    const desk = await openDesk({
      ...setup,
      ddl: `${setup.ddl}; create view shop.year as select id from shop.tickets_2021`,
    });
    const engine = desk.engine(RULES);
    const plan = await approvedPlan(engine);
    expect(await applyTelling(engine, plan)).to.deep.equal([
      `${YEAR[2021]}: rows, the server refused to drop it (2BP01)`,
      `${YEAR[2022]}: dropped`,
    ]);
    expect(await column(desk.admin, 'select id from shop.year')).to.deep.equal([]);
    await expectBookkeeping(desk, plan, 60);
  });

  it('a child partition that keeps a row is emptied of the others and stays', async () => {
    const setup = partitionedDesk(20);
    const desk = await openDesk({
      ...setup,
      ddl: `${setup.ddl}; insert into shop.messages values (9, 2023001, '2021-06-06', 'of a young ticket')`,
    });
    const engine = desk.engine(RULES);
    const plan = await approvedPlan(engine);
    expect(await applyTelling(engine, plan)).to.deep.equal([
      `${YEAR[2021]}: dropped`,
      `${YEAR[2022]}: dropped`,
    ]);
    expect(await partitionsLeft(desk)).to.deep.equal([
      'messages_2021',
      'messages_2023',
      'messages_rest',
      'tickets_2023',
      'tickets_rest',
    ]);
    expect(await column(desk.admin, 'select id from shop.messages where id < 20230000')).to.deep.equal(['9']);
    expect(await deletedRows(desk.admin, plan)).to.include({ tickets: 60, messages: 120 });
  });

  it('what foreign keys guard is left to them; where they are cleared, other partitions keep their rows', async () => {
    const desk = await openDesk({
      ddl: `create schema shop;
        create table shop.tickets (id bigint primary key, status text, closed_at timestamptz, duplicate_of bigint references shop.tickets)
          partition by range (id);
        create table shop.low partition of shop.tickets for values from (1) to (100);
        create table shop.high partition of shop.tickets for values from (100) to (200);
        create table shop.messages (id bigint primary key, ticket_id bigint references shop.tickets);
        insert into shop.tickets select n, 'closed', case when n < 100 then timestamptz '2021-01-01' else '2023-12-01' end, null
          from generate_series(1, 199) n;
        update shop.tickets set duplicate_of = 7 where id = 150;
        insert into shop.messages select n * 10, n from generate_series(1, 199) n;
        create index on shop.messages (ticket_id); create index on shop.tickets (duplicate_of)`,
      map: {
        tables: {
          tickets: ticketTable({
            columns: { id: { type: 'bigint' }, closed_at: { type: 'timestamptz' }, status: { type: 'text' } },
            partition: { by: 'id' },
          }),
          messages: { key: { id: 'bigint' } },
        },
        edges: [
          { child: 'messages', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' },
          { child: 'tickets', parent: 'tickets', on: { duplicate_of: 'id' }, then: 'clear' },
        ],
      },
    });
    const engine = desk.engine(RULES);
    const plan = await approvedPlan(engine);
    expect(await applyTelling(engine, plan)).to.deep.equal(['shop.low: dropped']);
    expect(await tickets(desk, 'duplicate_of is null')).to.have.length(100);
    expect(await ids(desk.admin, 'messages')).to.have.length(100);
    await expectBookkeeping(desk, plan, 99);
  });

  it('after a restore the dropped partitions are there again, and replay empties them row by row', async () => {
    const desk = await openDesk(partitionedDesk(450));
    const engine = desk.engine(RULES);
    await engine.ledger.seal();
    const name = await backUp(desk);
    const plan = await approvedPlan(engine);
    expect(await applyTelling(engine, plan)).to.have.length(2);
    const yesterday = await restored(desk, name);
    const parts = context(yesterday, desk, name);
    expect(await yesterday.rows('select count(*) from shop.tickets')).to.deep.equal(['1800']);
    const done = await replay(parts, operator);
    expect(done).to.include({ records: 1350, kept: 0 });
    for (const table of PARTITIONED)
      expect(await yesterday.rows(`select t from ${table} t`), table).to.deep.equal(
        await rowsNow(desk, table),
      );
  });
});
