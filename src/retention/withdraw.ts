import type { Actor } from '../core/actor.js';
import { LetheError } from '../core/errors.js';
import type { Queryable, Row } from '../db/database.js';
import { sql } from '../db/sql.js';
import { closureOf } from '../datamap/closure.js';
import { readForeignKeys } from '../datamap/foreign-keys.js';
import { looseKeys } from '../datamap/loose-keys.js';
import { progressOf } from '../disposal/chunk-store.js';
import { findPlan, type PlanRow } from '../disposal/plan-store.js';
import { sweepLateChildren } from '../disposal/sweep.js';
import { withdrawPlan, type WithdrawalOrder } from '../disposal/withdrawal.js';
import { workTables } from '../disposal/work-tables.js';
import { destroyEnded } from '../encryption/destroy-keys.js';
import { actorId } from '../ledger/actor-directory.js';
import type { RetentionContext } from './retention.js';

/** What a withdrawal leaves behind. */
export interface Withdrawn {
  readonly id: string;
  /** Roots that an interrupted run had deleted by then: they stay deleted. */
  readonly deleted: number;
  readonly items: number;
  /** Parts of that run whose late children are in use or protected; withdrawing once more tries again. */
  readonly unswept: number;
}

/**
 * Withdraws a plan. A run that was interrupted ends where it is: what it deleted stays deleted, the rest is left alone, and
 * rows that came late to what it deleted are swept, as at the end of any run.
 * @throws LetheError what withdrawPlan throws
 */
export async function withdrawRetention(
  context: RetentionContext,
  order: WithdrawalOrder,
): Promise<Withdrawn> {
  const { db } = context;
  const before = await findPlan(db, order.plan);
  const isAgain = before.state === 'withdrawn' && (await unsweptParts(db, before.id)) > 0;
  const plan = isAgain ? before : await withdrawPlan(context, order);
  const unswept = await sweepRest(context, plan, order.actor);
  await destroyRest(context, plan, order.actor);
  const { taken, items } = await progressOf(db, plan.id);
  return { id: plan.id, deleted: Number(taken), items: Number(items), unswept };
}

/** What it deleted stays deleted, and so its keys go; where the vault is away, the worker's next round destroys them. */
async function destroyRest(
  { db, clock, keys = null }: RetentionContext,
  { id }: PlanRow,
  actor: Actor,
): Promise<void> {
  try {
    await destroyEnded({ db, clock, keys, actor: await actorId(db, actor.name) }, id);
  } catch (error) {
    if (!(error instanceof LetheError)) throw error;
  }
}

/** Parts of a run whose deleted parents may have late children that nothing has looked for yet. */
export async function unsweptParts(db: Queryable, planId: string): Promise<number> {
  const { rows } = await db.query<Row & { parts: string }>(sql`
    select count(distinct chunk) as parts from lethe.swept_parent where plan_id = ${planId}`);
  return Number(rows[0]?.parts ?? 0);
}

/** Under another map the keys would lead elsewhere: nothing is swept then. */
async function sweepRest(
  { db, graph, clock }: RetentionContext,
  plan: PlanRow,
  actor: Actor,
): Promise<number> {
  const parts = await unsweptParts(db, plan.id);
  const root = graph.records.get(plan.record);
  if (parts === 0 || plan.map_digest !== graph.digest || !root) return parts;
  const closure = closureOf(graph, root);
  return sweepLateChildren(db, {
    plan,
    graph,
    closure,
    work: workTables(graph),
    foreignKeys: await readForeignKeys(db),
    loose: await looseKeys(db, closure.inner),
    actor: await actorId(db, actor.name),
    clock,
  });
}
