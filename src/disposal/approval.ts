import type { ActorName } from '../core/actor.js';
import type { Clock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import type { Database, Queryable } from '../db/database.js';
import { actorId } from '../ledger/actor-directory.js';
import { appendEntry } from '../ledger/append.js';
import { approvalsOf, insertApproval, lockPlan, type PlanRow } from './plan-store.js';

/**
 * Approves a plan: its items, and the digests of everything they rest on.
 * @throws LetheError `plan_unknown`, `plan_finished`, `approval_own`, `approval_twice`
 */
export async function approvePlan(
  db: Database,
  planId: string,
  actor: ActorName,
  clock: Clock,
): Promise<PlanRow> {
  return db.transaction(async (tx) => {
    const id = await actorId(tx, actor.name);
    const plan = await lockPlan(tx, planId);
    if (plan.state === 'done') throw new LetheError('plan_finished', { plan: planId, state: plan.state });
    if (plan.created_by === id) throw new LetheError('approval_own', { plan: planId, actor: actor.name });
    if (!(await insertApproval(tx, plan, id, actor.assurance)))
      throw new LetheError('approval_twice', { plan: planId, actor: actor.name });
    await appendEntry(tx, {
      kind: 'plan.approved',
      at: clock.now(),
      actor: id,
      about: { plan: planId, policy: plan.policy, assurance: actor.assurance },
      digests: { plan: plan.digest },
    });
    return plan;
  });
}

/** Approvals that count: of this very digest, and of the assurance the policy asks for. */
export async function validApprovals(db: Queryable, plan: PlanRow): Promise<number> {
  const approvals = await approvalsOf(db, plan.id);
  return approvals.filter(
    ({ plan_digest, assurance }) =>
      plan_digest === plan.digest && (plan.assurance === 'asserted' || assurance === 'authenticated'),
  ).length;
}

/** @throws LetheError `plan_not_approved` */
export async function requireApproval(db: Queryable, plan: PlanRow, author: string): Promise<void> {
  const given = await validApprovals(db, plan);
  if (given < plan.approvers)
    throw new LetheError('plan_not_approved', { plan: plan.id, given, needed: plan.approvers, author });
}
