import { expect } from 'chai';
import { openPostgres } from '../../src/db/postgres.js';
import { checkMap } from '../../src/datamap/check.js';
import { guardedTables } from '../../src/datamap/graph.js';
import { engineOver } from '../../src/engine.js';
import { applyTelling, partitionedDesk, YEAR } from '../support/partitioned-desk.js';
import {
  approvedPlan,
  closeDesks,
  ids,
  openDesk,
  policiesOf,
  rule,
  ticketTable,
  TODAY,
} from '../support/small-desk.js';
import { vaultOf } from '../support/vault.js';

const declared = { tables: { tickets: ticketTable({ partition: { by: 'closed_at' } }) }, edges: [] };

/** Findings about partitions, as `severity code: message`. */
async function found(ddl: string): Promise<readonly string[]> {
  const desk = await openDesk({ ddl: `create schema shop; ${ddl}`, map: declared });
  const findings = await checkMap(desk.db, desk.graph);
  return findings
    .filter(({ code }) => code.startsWith('partition_') || code === 'table_partitioned')
    .map(({ severity, code, thing, message }) => {
      expect(thing).to.equal('tables.tickets.partition');
      return `${severity} ${code}: ${message}`;
    });
}

const tickets = (key: string): string =>
  `create table shop.tickets (id bigint not null, status text, closed_at timestamptz) partition by ${key}`;

describe('what the doctor says of a table that the map declares partitioned', () => {
  afterEach(closeDesks);

  it('where it is, by ranges of that column: that the server cannot keep its key unique', async () => {
    const parts =
      "create table shop.a partition of shop.tickets for values from ('2021-01-01') to ('2022-01-01')";
    expect(await found(`${tickets('range (closed_at)')}; ${parts}`)).to.deep.equal([
      'hint partition_keys: nothing keeps (id) unique over the partitions of shop.tickets; see that a sequence does: a key of several rows is one record, which goes as a whole or not at all',
    ]);
  });

  const wrong: readonly (readonly [string, string, string])[] = [
    [
      'not partitioned at all',
      'create table shop.tickets (id bigint primary key, status text, closed_at timestamptz)',
      'error partition_missing: shop.tickets is not partitioned',
    ],
    [
      'by another column',
      tickets('range (id)'),
      'error partition_key: shop.tickets is partitioned by range of id, not by ranges of closed_at; rows are deleted one by one',
    ],
    [
      'by more than it',
      tickets('range (closed_at, id)'),
      'error partition_key: shop.tickets is partitioned by range of closed_at, id, not by ranges of closed_at; rows are deleted one by one',
    ],
    [
      'by an expression',
      tickets('range ((id % 10))'),
      'error partition_key: shop.tickets is partitioned by range of an expression, not by ranges of closed_at; rows are deleted one by one',
    ],
    [
      'by lists',
      tickets('list (closed_at)'),
      'error partition_key: shop.tickets is partitioned by list of closed_at, not by ranges of closed_at; rows are deleted one by one',
    ],
  ];
  for (const [what, ddl, finding] of wrong)
    it(`an error, where it is ${what}`, async () => {
      expect(await found(ddl)).to.deep.equal([finding]);
    });

  it('which parts go row by row, and why: triggers, the default, divided ones', async () => {
    const said =
      await found(`create table shop.tickets (id bigint, status text, closed_at timestamptz) partition by range (closed_at);
      create table shop.a partition of shop.tickets for values from ('2021-01-01') to ('2022-01-01');
      create table shop.b partition of shop.tickets for values from ('2022-01-01') to ('2023-01-01') partition by range (id);
      create table shop.rest partition of shop.tickets default;
      create function shop.f() returns trigger language plpgsql as 'begin return null; end';
      create trigger f after delete on shop.a for each row execute function shop.f()`);
    expect(said.slice(0, 1)).to.deep.equal([
      'warning partition_trigger: shop.tickets has triggers or rules that dropping a partition would not fire (f); rows are deleted one by one where they apply',
    ]);
    expect(said).to.include.members([
      'hint partition_rows: shop.b is partitioned itself: its rows are deleted one by one',
      'hint partition_rows: shop.rest is the default partition: its rows are deleted one by one',
    ]);
  });

  it('that a user who does not own it cannot drop anything; the rows then go one by one', async () => {
    const setup = partitionedDesk(20);
    const desk = await openDesk(setup);
    const user = `lethe_${new URL(desk.url).pathname.slice(-12)}`;
    await desk.admin(
      `create role ${user} login password 'x'; grant usage on schema lethe, shop to ${user};
       grant all on all tables in schema lethe, shop to ${user}`,
    );
    const limited = await openPostgres(
      Object.assign(new URL(desk.url), { username: user, password: 'x' }).href,
    );
    try {
      limited.guard(guardedTables(desk.graph));
      const [finding] = (await checkMap(limited, desk.graph)).filter(
        ({ code }) => code === 'partition_owner',
      );
      expect(finding?.severity).to.equal('warning');
      expect(finding?.message).to.include('does not own shop.tickets, ').and.to.include('shop.tickets_2021');
      expect(finding?.sql).to.include(`alter table "shop"."tickets" owner to "${user}";`);
      const policies = policiesOf(desk.graph, [rule()]);
      const plan = await approvedPlan(desk.engine([rule()]));
      const engine = engineOver({
        db: limited,
        graph: desk.graph,
        policiesInForce: () => Promise.resolve(policies),
        clock: TODAY,
        vault: vaultOf(desk.url),
      });
      expect(await applyTelling(engine, plan)).to.deep.equal([
        `${YEAR[2021]}: rows, this user does not own it`,
        `${YEAR[2022]}: rows, this user does not own it`,
      ]);
      expect(await ids(desk.admin, 'tickets')).to.have.length(20);
    } finally {
      await limited.close();
      await desk.admin(`drop owned by ${user}; drop role ${user}`);
    }
  });
});
