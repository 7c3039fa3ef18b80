import type { Instant } from '../core/instant.js';
import type { Database, Queryable } from '../db/database.js';
import { raw, sql } from '../db/sql.js';
import type { Closure } from '../datamap/closure.js';
import type { ClearEdge, MapTable } from '../datamap/graph.js';
import { keyAsText } from '../datamap/key-sql.js';
import { hasEncryption } from '../encryption/data-key-store.js';
import { dropIndexRows, endKeys, keyOwners, type Ending, type GoingOwners } from '../encryption/end-keys.js';
import { goingRows } from './closure-sql.js';
import type { Run, Sweep } from './prepared-run.js';
import type { WorkTables } from './work-tables.js';

/** A key that was made so long before a run began may have been late for it: clocks differ, and transactions are open for a while. */
const LATE = '1 day';

/** The tables of a closure whose records have keys of their own. */
export const ownersIn = ({ graph, closure }: Pick<Sweep, 'graph' | 'closure'>): readonly MapTable[] =>
  keyOwners(graph).filter((table) => closure.tables.includes(table));

/** What ends the keys of the records in the work tables: to be sent with the deletes, and before them. */
export const endingStatements = (
  run: Pick<Sweep, 'graph' | 'closure' | 'work'>,
  ending: Ending,
): readonly string[] =>
  ownersIn(run).flatMap((table) =>
    going(run.work, run.closure, table).flatMap((owners) => [endKeys(owners, ending), dropIndexRows(owners)]),
  );

/** How many keys the first statements of a message have ended: every second of them drops index rows. */
export const keysEndedBy = (ending: readonly string[], counts: readonly number[]): number =>
  ending.reduce((sum, _, index) => sum + (index % 2 === 0 ? (counts[index] ?? 0) : 0), 0);

function going(work: WorkTables, closure: Closure, table: MapTable): readonly GoingOwners[] {
  const record = table.concept ?? '';
  if (closure.inner.includes(table))
    return [{ record, keys: `select ${keyAsText(table, 'gone')} from ${work.gone(table)} gone` }];
  return goingRows(work, closure, table).map((where) => ({
    record,
    keys: `select ${keyAsText(table, 'child')} from ${table.sql} child where ${where}`,
  }));
}

/**
 * Whether clearing the references of this edge leaves texts of a record that goes under the key of another that stays: messages in
 * a ticket that is not the writer's.
 */
export const leavesTexts = (run: Pick<Sweep, 'graph'>, { child, parent }: ClearEdge): boolean =>
  keyOwners(run.graph).includes(parent) &&
  child.protected !== null &&
  !child.protected.owners.some(({ record }) => record === parent.concept);

/**
 * Ends keys that came late: made in a transaction that a batch did not see, of a record that the batch has deleted. Nothing stands
 * under them. What such a transaction has made the record found by goes too: an address that is nobody's could never be anybody's
 * again. Before the run's keys are destroyed; returns how many.
 */
export async function endLateKeys(db: Database, run: Run): Promise<number> {
  if (ownersIn(run).length === 0 || !(await hasEncryption(db))) return 0;
  const { plan, clock, startedAt } = run;
  let ended = 0;
  for (const table of ownersIn(run)) {
    ended += await endWithout(db, table, { plan: plan.id, at: clock.now() }, plan.started_at ?? startedAt);
    await unindexWithout(db, table, plan.id);
  }
  return ended;
}

async function endWithout(
  on: Queryable,
  table: MapTable,
  { plan, at }: Ending,
  since: Instant,
): Promise<number> {
  const { count } = await on.query(sql`
    with late as (
      select id, key from lethe.data_key
      where record = ${table.concept} and ended_at is null and made_at >= ${since}::timestamptz - ${LATE}::interval
    )
    update lethe.data_key k set ended_at = ${at}::timestamptz, plan_id = ${plan}
    from late where k.id = late.id
      and not exists (select from ${raw(table.sql)} this where ${raw(keyAsText(table, 'this'))} = late.key)`);
  return count;
}

/** Of records whose key the plan has ended, unless one of the same key is there again. */
async function unindexWithout(on: Queryable, table: MapTable, plan: string): Promise<void> {
  const ended = sql`select key from lethe.data_key where plan_id = ${plan} and record = ${table.concept}`;
  await on.query(sql`
    delete from lethe.blind_index i
    where i.record = ${table.concept} and i.key = any (array(${ended}))
      and not exists (select from ${raw(table.sql)} this where ${raw(keyAsText(table, 'this'))} = i.key)`);
}
