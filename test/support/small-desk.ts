import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { inspect } from 'node:util';
import { fixedClock, type Clock } from '../../src/core/clock.js';
import { describeProblems, LetheError, type Problem } from '../../src/core/errors.js';
import { parseInstant, type Instant } from '../../src/core/instant.js';
import { compileMap } from '../../src/datamap/compile.js';
import { guardedTables, type MapGraph } from '../../src/datamap/graph.js';
import { dataMapSchema } from '../../src/datamap/schema.js';
import type { Database } from '../../src/db/database.js';
import { migrate } from '../../src/db/migrate.js';
import type { MigrationSet } from '../../src/db/migrations.js';
import { openPostgres } from '../../src/db/postgres.js';
import { engineOver, type Engine } from '../../src/engine.js';
import { checkPolicies } from '../../src/policy/policy-set.js';
import type { RetentionPolicy } from '../../src/policy/retention-policy.js';
import { dropVault, vaultOf } from './vault.js';
import { freshDatabase, migratedTemplate, type Admin, type FreshDatabase } from './database.js';

/** The instant plans of the tests are made for, and the clock they run by: a day later. */
export const AS_OF = '2024-01-01T00:00:00.000000Z';
export const TODAY = fixedClock(parseInstant('2024-01-02T00:00:00Z') as Instant);

export const officer = { name: 'officer', assurance: 'asserted' } as const;
export const approver = { name: 'approver', assurance: 'asserted' } as const;
export const operator = { name: 'operator', assurance: 'asserted' } as const;

/** How to apply: records in use are not waited for. */
export const ONCE = { rounds: 1 };

export type Json = Readonly<Record<string, unknown>>;

export interface DeskSetup {
  /** Statements that make and fill the ticket system's tables. */
  readonly ddl: string;
  readonly map: Json;
  readonly parameters?: Readonly<Record<string, string | number>>;
  readonly migrations?: readonly MigrationSet[];
  /** URL of the administrator of another server than the one that the tests share. */
  readonly server?: string;
}

/** A hand-made ticket system on the test server, with Lethe's schema beside it. */
export interface Desk {
  readonly url: string;
  readonly admin: Admin;
  readonly connect: FreshDatabase['connect'];
  readonly graph: MapGraph;
  readonly db: Database;
  /** An engine over the desk's own pool. */
  readonly engine: (policies: readonly Json[], clock?: Clock, graph?: MapGraph) => Engine;
  /** An engine with a pool of its own, like another process. */
  readonly another: (policies: readonly Json[], clock?: Clock) => Promise<Engine>;
}

const opened: (() => Promise<void>)[] = [];

/** For `afterEach`: closes and drops every desk. */
export async function closeDesks(): Promise<void> {
  for (const close of opened.splice(0).reverse()) await close();
}

export async function openDesk({ ddl, map, parameters, migrations = [], server }: DeskSetup): Promise<Desk> {
  const fresh = await (server === undefined
    ? freshDatabase({ template: await migratedTemplate(migrations) })
    : freshDatabase({ server }));
  opened.push(async () => {
    dropVault(fresh.url);
    await fresh.drop();
  });
  const graph = mapOf(map, parameters);
  const open = async (): Promise<Database> => {
    const db = await openPostgres(fresh.url, { max: 4 });
    opened.push(() => db.close());
    return db;
  };
  const db = await open();
  await migrate(db, migrations);
  await fresh.admin(ddl);
  db.guard(guardedTables(graph));
  return {
    url: fresh.url,
    admin: fresh.admin,
    connect: fresh.connect,
    graph,
    db,
    engine: (policies, clock = TODAY, other = graph) =>
      engineOver({
        db,
        graph: other,
        policiesInForce: () => Promise.resolve(policiesOf(other, policies)),
        clock,
        vault: vaultOf(fresh.url),
      }),
    another: async (policies, clock = TODAY) => {
      const own = await open();
      own.guard(guardedTables(graph));
      return engineOver({
        db: own,
        graph,
        policiesInForce: () => Promise.resolve(policiesOf(graph, policies)),
        clock,
        vault: vaultOf(fresh.url),
      });
    },
  };
}

/** A map from its JSON: kind, id, schema `shop` and `enforces` need not be said. */
export function mapOf(map: Json, parameters: Readonly<Record<string, string | number>> = {}): MapGraph {
  const file = dataMapSchema.parse({ kind: 'data-map', id: 'small', schema: 'shop', enforces: [], ...map });
  return compileMap(file, 'small.json', parameters);
}

/** The same map as an installation has it: with Lethe's own tables. */
export async function withOwnTables(map: Json): Promise<MapGraph> {
  const own = new URL('../../policies/data-maps/merged/lethe.json', import.meta.url);
  const file = dataMapSchema.parse({ kind: 'data-map', id: 'small', schema: 'shop', enforces: [], ...map });
  return compileMap(file, 'small.json', {}, dataMapSchema.parse(JSON.parse(await readFile(own, 'utf8'))));
}

export function policiesOf(graph: MapGraph, files: readonly Json[]): readonly RetentionPolicy[] {
  const problems: Problem[] = [];
  const named = files.map((content) => ({ path: `${String(content['id'])}.json`, content }));
  const { retention: policies } = checkPolicies(graph, named, problems);
  if (problems.length > 0) throw new Error(describeProblems(problems));
  return policies;
}

/** A rule over tickets: one year after they were closed, in UTC. */
export const rule = (different: Json = {}): Json => ({
  kind: 'retention',
  id: 'old-tickets',
  title: 'Old tickets',
  record: 'ticket',
  activity: 'support',
  ground: 'claims',
  reason: 'for the tests',
  keep: { for: 'P1Y', from: 'closedAt', timeZone: 'UTC' },
  then: { action: 'delete' },
  ...different,
});

/** A duty to keep tickets ten years. */
export const floor = (different: Json = {}): Json =>
  rule({
    id: 'must-keep',
    ground: 'statute',
    cite: 'HGB 257',
    keep: { for: 'P10Y', from: 'closedAt', timeZone: 'UTC' },
    then: { action: 'keep' },
    ...different,
  });

export const hold = { ground: 'litigation', authority: 'district court', reviewOn: '2025-01-31' } as const;

/** Plans and approves; returns the plan's id. */
export async function approvedPlan(engine: Engine, policy = 'old-tickets', asOf = AS_OF): Promise<string> {
  const { id } = await engine.retention.plan(policy, officer, asOf);
  await engine.retention.approve(id, approver);
  return id;
}

/** Plans, approves and applies; returns the plan's id. */
export async function dispose(engine: Engine, policy = 'old-tickets', asOf = AS_OF): Promise<string> {
  const id = await approvedPlan(engine, policy, asOf);
  await engine.retention.apply(id, operator);
  return id;
}

/** The LetheError that `work` must fail with. */
export async function refusal(work: Promise<unknown>, code?: string): Promise<LetheError> {
  const error = await work.then(
    () => expect.fail('nothing was refused'),
    (reason: unknown) => reason,
  );
  expect(error, inspect(error)).to.be.instanceOf(LetheError);
  if (code !== undefined) expect((error as LetheError).code, inspect(error)).to.equal(code);
  return error as LetheError;
}

/** `table: count md5` of the rows of each table; equal texts are equal contents. */
export async function checksums(admin: Admin, tables: readonly string[], where = 'true'): Promise<Json> {
  const sums: Record<string, unknown> = {};
  for (const table of tables) {
    const [row] = await admin<{ sum: string }>(
      `select count(*) || ' ' || md5(coalesce(string_agg(t::text, E'\\n' order by t::text), '')) as sum from ${table} t where ${where}`,
    );
    sums[table] = row?.sum;
  }
  return sums;
}

/** The values of one column, in order. */
export async function column(admin: Admin, query: string): Promise<readonly string[]> {
  const rows = await admin<{ value: unknown }>(`select value::text from (${query}) q(value) order by value`);
  return rows.map(({ value }) => String(value));
}

/** Ids left in a table of schema `shop`. */
export const ids = (admin: Admin, table: string): Promise<readonly string[]> =>
  column(admin, `select id from shop.${table}`);

/** What the apply wrote into chunks: rows deleted by table of the map. */
export async function deletedRows(admin: Admin, plan: string): Promise<Readonly<Record<string, number>>> {
  const rows = await admin<{ name: string; rows: string }>(
    `select name, sum(value::bigint)::text as rows from lethe.chunk, jsonb_each_text(deleted) d(name, value)
     where plan_id = $1 group by name`,
    [plan],
  );
  return Object.fromEntries(rows.map(({ name, rows: count }) => [name, Number(count)]));
}

/** The items `show` prints, as `record outcome by`. */
export async function shown(engine: Engine, plan: string): Promise<readonly string[]> {
  const items: string[] = [];
  for await (const { record, outcome, by } of engine.retention.items(plan))
    items.push([record, outcome, ...(by === undefined ? [] : [by])].join(' '));
  return items.sort();
}

/** Waits until `ready` says so; fails after ten seconds. */
export async function until(ready: () => Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + 10_000;
  while (!(await ready())) {
    if (Date.now() > end) expect.fail(`it never came to this: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Waits until some session waits for a lock that blocks statements beginning with `statement`. */
export const untilBlocked = (admin: Admin, statement: string): Promise<void> =>
  until(async () => {
    const rows = await admin(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query ilike $1`,
      [`%${statement}%`],
    );
    return rows.length > 0;
  }, `a session blocked in "${statement}"`);

export const isSoak = process.env['LETHE_SOAK'] !== undefined;

/** The tickets of most small maps; `different` replaces parts of it. */
export const ticketTable = (different: Json = {}): Json => ({
  key: { id: 'bigint' },
  concept: 'ticket',
  columns: { closed_at: { type: 'timestamptz' }, status: { type: 'text' } },
  facts: { closedAt: { column: 'closed_at' }, status: { column: 'status' } },
  ...different,
});

export const TICKETS =
  "create schema shop; create table shop.tickets (id bigint primary key, status text not null default 'closed', closed_at timestamptz)";

/** `insert` of tickets closed long before AS_OF (ids in `old`), and just after (ids in `young`). */
export function ticketRows(old: readonly number[], young: readonly number[] = []): string {
  const rows = [
    ...old.map((id) => `(${id}, timestamptz '2021-06-01 00:00:00+00')`),
    ...young.map((id) => `(${id}, timestamptz '2023-06-01 00:00:00+00')`),
  ];
  return `insert into shop.tickets (id, closed_at) values ${rows.join(', ')}`;
}

/** Makes deletes from a table stop before they begin, without a lock that could time out, until `resume`. */
export async function pauseDeletes(admin: Admin, table: string): Promise<void> {
  await admin(`create table shop.pause (reason text); insert into shop.pause values ('a test');
    create function shop.pause() returns trigger language plpgsql as $$
      begin while exists (select from shop.pause) loop perform pg_sleep(0.005); end loop; return null; end $$;
    create trigger pause before delete on ${table} for each statement execute function shop.pause()`);
}

export const resume = async (admin: Admin): Promise<void> => {
  await admin('delete from shop.pause');
};

/** Waits until so many sessions stand still: at the pause, or behind one that does. */
export const untilPaused = (admin: Admin, sessions = 1): Promise<void> =>
  until(async () => {
    const rows = await admin(
      `select 1 from pg_stat_activity
       where datname = current_database() and (wait_event_type = 'Lock' or wait_event = 'PgSleep')`,
    );
    return rows.length >= sessions;
  }, `${sessions} sessions that wait`);
