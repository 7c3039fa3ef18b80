import type { Instant } from '../core/instant.js';
import type { Database, Row, Tx } from '../db/database.js';
import { throughDoor } from '../db/disposal-door.js';
import { raw, sql } from '../db/sql.js';
import { timeLimit } from '../db/time-limit.js';
import { closureOf, type Closure } from '../datamap/closure.js';
import type { MapGraph } from '../datamap/graph.js';
import { sameKey } from '../datamap/key-sql.js';
import { factValue } from '../policy/fact-sql.js';
import type { RetentionPolicy } from '../policy/retention-policy.js';
import { bindRule, matchesSql, takesSql } from '../policy/rule-sql.js';
import { isCyclic } from './check-roots.js';
import { expandClosure } from './closure-sql.js';
import { rivalRules } from './plan.js';
import { protectionsOf, type AskedSet } from './set-outcomes.js';
import { findStopped, type Disposal } from './stopped.js';
import { createWorkTables, workSelect, workTables } from './work-tables.js';

export interface OverdueQuestion {
  readonly policy: RetentionPolicy;
  /** Every policy in force. */
  readonly policies: readonly RetentionPolicy[];
  /** Records that were due then already. */
  readonly asOf: Instant;
  readonly now: Instant;
  /** For each statement. */
  readonly seconds: number;
}

export interface Overdue {
  readonly records: number;
  /** The earliest start event among them; null when there are none. */
  readonly oldest: Instant | null;
}

/**
 * The records that a rule should have taken by an instant: due then, neither protected nor another rule's. Works like a plan
 * that stores nothing; what goes along is worked out only where a protection may stand on it.
 */
export function overdueRecords(db: Database, graph: MapGraph, question: OverdueQuestion): Promise<Overdue> {
  // nothing is destroyed, so derived data is of no interest
  const closure: Closure = { ...closureOf(graph, question.policy.table), derived: [] };
  const disposal: Disposal = { graph, closure, work: workTables(graph) };
  // the door is needed for the same work tables that a plan uses
  return throughDoor(
    db,
    async (tx) => {
      await tx.script(
        `set local jit = off; set local client_min_messages = warning; ${timeLimit(question.seconds)};\n${createWorkTables(disposal.work, closure)}`,
      );
      if ((await selectDue(tx, disposal, question)) === 0) return { records: 0, oldest: null };
      await markStopped(tx, disposal, question);
      return countLeft(tx, disposal, question);
    },
    { isolation: 'repeatable read' },
  );
}

async function selectDue(
  tx: Tx,
  { work, closure: { root } }: Disposal,
  { policy, policies, asOf }: OverdueQuestion,
): Promise<number> {
  const others = rivalRules(policy, policies).map(
    ({ rival }) => ` and (${matchesSql(bindRule(rival, asOf))}) is not true`,
  );
  const [found = 0] = await tx.script(
    `insert into ${work.roots(root)} select ${workSelect(work, root, 'this')} from ${root.sql} this
     where ${takesSql(bindRule(policy, asOf))}${others.join('')};
     analyze ${work.roots(root)}`,
  );
  return found;
}

async function markStopped(tx: Tx, disposal: Disposal, { policies, now }: OverdueQuestion): Promise<void> {
  const { graph, work, closure } = disposal;
  const { root } = closure;
  const asked: AskedSet = { graph, name: 'inForce', policies, moment: { asOf: now, now } };
  const protections = await protectionsOf(tx, asked);
  if (protections.length === 0) return;
  await tx.script(`insert into ${work.gone(root)} table ${work.roots(root)};\nanalyze ${work.gone(root)}`);
  const isDeep =
    isCyclic(closure) || protections.some(({ table }) => table !== root && closure.tables.includes(table));
  if (isDeep) await expandClosure(tx, work, closure, { analyze: true });
  await findStopped(tx, disposal, protections);
}

async function countLeft(
  tx: Tx,
  { work, closure: { root } }: Disposal,
  { policy }: OverdueQuestion,
): Promise<Overdue> {
  const { rows } = await tx.query<Row & { records: string; oldest: Instant | null }>(sql`
    select count(*) as records, min((${raw(factValue(policy.start))})::timestamptz) as oldest
    from ${raw(root.sql)} this join ${raw(work.roots(root))} roots on ${raw(sameKey(root, 'this', 'roots'))}
    where not exists (select from ${raw(work.hits(root))} hits where ${raw(sameKey(root, 'hits', 'roots'))})`);
  return { records: Number(rows[0]?.records ?? 0), oldest: rows[0]?.oldest ?? null };
}
