import type { Actor } from '../core/actor.js';
import type { Clock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import type { Database, Tx } from '../db/database.js';
import { sqlstateOf } from '../db/failures.js';
import { sql } from '../db/sql.js';
import { actorId, keepActor } from '../ledger/actor-directory.js';
import { appendEntry } from '../ledger/append.js';
import { journaled } from '../ledger/journaled.js';
import type { PlanWithdrawnAct } from '../vault/act.js';
import type { Vault } from '../vault/vault.js';
import { progressOf } from './chunk-store.js';
import { findPlan, lockPlan, type PlanRow } from './plan-store.js';

const LOCK_NOT_AVAILABLE = '55P03';

/** What is said of a withdrawal. The reason is a person's free text: in the plan's row, where it can be erased, alone. */
export interface WithdrawalOrder {
  readonly plan: string;
  readonly actor: Actor;
  readonly reason: string | null;
}

export interface WithdrawalContext {
  readonly db: Database;
  readonly clock: Clock;
  /** Knows of it before it commits: a restored database must not apply what was withdrawn. */
  readonly vault: Vault | null;
}

/**
 * Withdraws a plan: nobody approves or applies it any more; its chunks stay as proof. A run that was interrupted ends where
 * it is; one that is at work is refused, and one between two batches finds out at the next.
 * @throws LetheError `plan_unknown`, `plan_finished`, `plan_running`
 */
export async function withdrawPlan(
  { db, clock, vault }: WithdrawalContext,
  { plan: planId, actor, reason }: WithdrawalOrder,
): Promise<PlanRow> {
  const open = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => db.transaction(work);
  return journaled(vault, open, async (tx, intend) => {
    const id = await actorId(tx, actor.name);
    const { state, policy, digest } = await lockIdlePlan(tx, planId);
    if (state === 'done' || state === 'withdrawn')
      throw new LetheError('plan_finished', { plan: planId, state });
    const at = clock.now();
    await tx.query(sql`
      update lethe.plan
      set state = 'withdrawn', withdrawn_at = ${at}::timestamptz, withdrawn_by = ${id}, withdraw_reason = ${reason}
      where id = ${planId}`);
    const { items, taken } = await progressOf(tx, planId);
    const entry = await appendEntry(tx, {
      kind: 'plan.withdrawn',
      at,
      actor: id,
      about: { plan: planId, policy, state },
      counts: { items: Number(items), taken: Number(taken) },
      digests: { plan: digest },
    });
    await intend({ kind: 'plan.withdrawn', id: entry, at, actor: id, plan: planId });
    return findPlan(tx, planId);
  });
}

/**
 * Withdraws a plan again that a restored database still has as it was before; false when it has none to withdraw. The reason was
 * free text, and is in no journal.
 */
export async function withdrawAgain(tx: Tx, { plan, actor, at }: PlanWithdrawnAct): Promise<boolean> {
  await keepActor(tx, actor);
  const { count } = await tx.query(sql`
    update lethe.plan
    set state = 'withdrawn', withdrawn_at = ${at}::timestamptz, withdrawn_by = ${actor},
      withdraw_reason = 'withdrawn before the database was restored'
    where id = ${plan} and state not in ('done', 'withdrawn')`);
  return count > 0;
}

/** A batch at work holds its plan; see holdPlan. */
async function lockIdlePlan(tx: Tx, id: string): Promise<PlanRow> {
  const { state } = await findPlan(tx, id);
  if (state !== 'applying') return lockPlan(tx, id);
  try {
    await tx.query(sql`select from lethe.plan where id = ${id} for update nowait`);
  } catch (error) {
    if (sqlstateOf(error) === LOCK_NOT_AVAILABLE) throw new LetheError('plan_running', { plan: id });
    throw error;
  }
  return findPlan(tx, id);
}
