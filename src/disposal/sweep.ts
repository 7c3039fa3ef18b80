import { literal, sql } from '../db/sql.js';
import type { Database, Row, Tx } from '../db/database.js';
import { throughDoor } from '../db/disposal-door.js';
import { sameKey } from '../datamap/key-sql.js';
import { appendEntry } from '../ledger/append.js';
import { unguardedParents } from './batch.js';
import type { Sweep } from './prepared-run.js';
import { actStatements, emptyWorkTables, expandClosure } from './closure-sql.js';
import { crossing } from './crossing.js';
import { PASS_GATE } from './gate.js';
import { readProtections } from './protections.js';
import { markSharedKeys } from './shared-keys.js';
import { findStopped } from './stopped.js';
import { BATCH_SETTINGS, createWorkTables } from './work-tables.js';

/** A sweep that another writer crosses is tried so often. */
const TRIES = 4;

/**
 * After a run: removes children that were written while their parents went, for the keys of every deleted parent row and
 * never for orphans that were there before; then forgets these keys.
 * @returns how many chunks could not be swept, because a late row is protected or in use
 */
export async function sweepLateChildren(db: Database, run: Sweep): Promise<number> {
  const { rows } = await db.query<Row & { chunk: number }>(sql`
    select distinct chunk from lethe.swept_parent where plan_id = ${run.plan.id} order by chunk`);
  let left = 0;
  for (const { chunk } of rows) left += await trySweep(db, run, chunk);
  return left;
}

async function trySweep(db: Database, run: Sweep, chunk: number): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await throughDoor(db, (tx) => sweepChunk(tx, run, chunk));
    } catch (error) {
      if (crossing(error) === null) throw error;
      if (attempt === TRIES) return 1;
    }
  }
}

async function sweepChunk(tx: Tx, run: Sweep, chunk: number): Promise<number> {
  const { work, closure, graph, plan, foreignKeys, clock } = run;
  await tx.script([BATCH_SETTINGS, PASS_GATE, createWorkTables(work, closure)].join(';\n'));
  await tx.query(sql`
    select from lethe.swept_parent where plan_id = ${plan.id} and chunk = ${chunk}::int for update`);
  const refill = restoreParents(run, chunk);
  // a late row that somebody has open must not stop the run for long
  await tx.script(`set local lock_timeout = '1s';\n${refill}`);
  await expandClosure(tx, work, closure);
  const protections = await readProtections(tx, graph, { asOf: plan.as_of, now: clock.now() });
  const shared = await markSharedKeys(tx, work, run.loose);
  if (await findStopped(tx, run, protections, shared)) return 1;
  const statements = actStatements(work, closure, foreignKeys);
  for (;;) {
    const counts = await tx.script(statements.map((statement) => statement.sql).join(';\n'));
    const late = statements.reduce(
      (total, { deletes }, index) => total + (deletes ? (counts[index] ?? 0) : 0),
      0,
    );
    if (late === 0) break;
    await appendSweepEntry(tx, run, chunk, late);
    await tx.script(`${emptyWorkTables(work, closure)};\n${refill}`);
    await expandClosure(tx, work, closure);
  }
  await tx.query(sql`delete from lethe.swept_parent where plan_id = ${plan.id} and chunk = ${chunk}::int`);
  return 0;
}

/** Puts the deleted parents' rows back into the `gone` tables; one that exists again is left alone. */
function restoreParents({ work, closure, foreignKeys, plan }: Sweep, chunk: number): string {
  return unguardedParents(closure, foreignKeys)
    .map((table) => {
      const gone = work.gone(table);
      return `insert into ${gone} select gone.* from lethe.swept_parent s, jsonb_populate_record(null::${gone}, s.row_values) gone
        where s.plan_id = ${literal(plan.id)} and s.chunk = ${chunk} and s.table_id = ${literal(table.id)}
          and not exists (select from ${table.sql} this where ${sameKey(table, 'this', 'gone')})`;
    })
    .join(';\n');
}

async function appendSweepEntry(
  tx: Tx,
  { plan, actor, clock }: Sweep,
  chunk: number,
  late: number,
): Promise<void> {
  await appendEntry(tx, {
    kind: 'retention.swept',
    at: clock.now(),
    actor,
    about: { plan: plan.id, policy: plan.policy, chunk },
    counts: { late },
    digests: { plan: plan.digest, map: plan.map_digest },
  });
}
