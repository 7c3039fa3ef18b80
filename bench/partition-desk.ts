import { fixedClock } from '../src/core/clock.js';
import { describeProblems, type Problem } from '../src/core/errors.js';
import { parseInstant, type Instant } from '../src/core/instant.js';
import { compileMap } from '../src/datamap/compile.js';
import { guardedTables, type MapGraph } from '../src/datamap/graph.js';
import { dataMapSchema } from '../src/datamap/schema.js';
import { migrate } from '../src/db/migrate.js';
import { openDatabase } from '../src/db/open.js';
import { engineOver, type Engine } from '../src/engine.js';
import { checkPolicies } from '../src/policy/policy-set.js';
import { withClient } from './databases.js';

const AS_OF = '2024-01-01T00:00:00Z';
const YEARS = [2020, 2021, 2022, 2023];
export const MESSAGES = 5;

/** Tickets by the year they were closed in; messages with a foreign key, partitioned alike; events in a plain table. */
export async function fillPartitions(url: string, perYear: number): Promise<void> {
  await withClient(url, async (client) => {
    await client.query(`
      create schema shop; set synchronous_commit = off;
      create table shop.tickets (id bigint not null, status text not null, subject text, closed_at timestamptz not null)
        partition by range (closed_at);
      create table shop.messages (id bigint not null, ticket_id bigint not null, closed_at timestamptz not null, body text)
        partition by range (closed_at);
      create table shop.events (id bigint, ticket_id bigint, closed_at timestamptz, what text)`);
    for (const year of YEARS) await client.query(partitionsOf(year));
    await client.query(`
      insert into shop.tickets select y * 1000000::bigint + n, 'closed', md5(n::text), make_timestamptz(y, 1 + n % 12, 15, 12, 0, 0, 'UTC')
        from unnest(array[${YEARS.join(', ')}]) y, generate_series(1, ${perYear}) n;
      insert into shop.messages select t.id * 10 + n, t.id, t.closed_at, repeat(md5(t.id::text) || ' ', 6)
        from shop.tickets t, generate_series(1, ${MESSAGES}) n;
      insert into shop.events select t.id, t.id, t.closed_at, 'closed' from shop.tickets t;
      alter table shop.tickets add primary key (id, closed_at);
      alter table shop.messages add primary key (id, closed_at);
      create index on shop.messages (ticket_id, closed_at);
      create index on shop.events (ticket_id, closed_at);
      alter table shop.messages add foreign key (ticket_id, closed_at) references shop.tickets (id, closed_at);
      alter table shop.events add foreign key (ticket_id, closed_at) references shop.tickets (id, closed_at)`);
  });
}

const partitionsOf = (year: number): string =>
  ['tickets', 'messages']
    .map(
      (table) =>
        `create table shop.${table}_${year} partition of shop.${table} for values from ('${year}-01-01 00:00+00') to ('${year + 1}-01-01 00:00+00')`,
    )
    .join(';\n');

const on = { ticket_id: 'id', closed_at: 'closed_at' };

/** The same tables, with or without a word about their partitions. */
function mapOf(isPartitioned: boolean): MapGraph {
  const partition = isPartitioned ? { partition: { by: 'closed_at' } } : {};
  const file = dataMapSchema.parse({
    kind: 'data-map',
    id: 'partitions',
    schema: 'shop',
    enforces: [],
    tables: {
      tickets: {
        key: { id: 'bigint' },
        concept: 'ticket',
        columns: { closed_at: { type: 'timestamptz' }, status: { type: 'text' } },
        facts: { closedAt: { column: 'closed_at' }, status: { column: 'status' } },
        ...partition,
      },
      messages: { key: { id: 'bigint' }, ...partition },
      events: {},
    },
    edges: [
      { child: 'messages', parent: 'tickets', on, then: 'delete' },
      { child: 'events', parent: 'tickets', on, then: 'delete' },
    ],
  });
  return compileMap(file, 'partitions.json', {});
}

const RULE = {
  kind: 'retention',
  id: 'closed-tickets',
  title: 'Closed tickets',
  record: 'ticket',
  activity: 'support',
  ground: 'claims',
  reason: 'for the benchmark',
  when: { all: [{ fact: 'status', operator: 'equal', value: 'closed' }] },
  keep: { for: 'P1Y', from: 'closedAt', timeZone: 'UTC' },
  then: { action: 'delete' },
};

/** Runs `work` with an engine over the desk. */
export async function withPartitions<T>(
  url: string,
  isPartitioned: boolean,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  const db = await openDatabase({ url, folder: '' });
  try {
    await migrate(db);
    const graph = mapOf(isPartitioned);
    const problems: Problem[] = [];
    const { retention: policies } = checkPolicies(graph, [{ path: 'rule.json', content: RULE }], problems);
    if (problems.length > 0) throw new Error(describeProblems(problems));
    db.guard(guardedTables(graph));
    const clock = fixedClock(parseInstant(AS_OF) as Instant);
    const policiesInForce = (): Promise<typeof policies> => Promise.resolve(policies);
    return await work(engineOver({ db, graph, policiesInForce, clock, vault: null }));
  } finally {
    await db.close();
  }
}

/** Plans the rule and approves the plan; returns its id. */
export async function plannedPartitions(url: string, isPartitioned: boolean): Promise<string> {
  return withPartitions(url, isPartitioned, async ({ retention }) => {
    const { id } = await retention.plan(RULE.id, { name: 'officer', assurance: 'asserted' }, AS_OF);
    await retention.approve(id, { name: 'approver', assurance: 'asserted' });
    return id;
  });
}
