import type { Database } from '../db/database.js';
import { validApprovals } from '../disposal/approval.js';
import { progressOf } from '../disposal/chunk-store.js';
import { listPlans, type PlanState } from '../disposal/plan-store.js';
import { actorNames } from '../ledger/actor-directory.js';

export interface PlanStatus {
  readonly id: string;
  readonly policy: string;
  readonly state: PlanState;
  readonly asOf: string;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly finishedAt: string | null;
  readonly approvals: { readonly given: number; readonly needed: number };
  /** Roots: planned, dealt with, deleted, in use elsewhere. */
  readonly items: number;
  readonly done: number;
  readonly deleted: number;
  readonly busy: number;
  readonly failure: string | null;
}

/** The plans, newest first, with how far each has come. */
export async function retentionStatus(db: Database): Promise<readonly PlanStatus[]> {
  const names = await actorNames(db);
  const statuses: PlanStatus[] = [];
  for (const plan of await listPlans(db)) {
    const progress = await progressOf(db, plan.id);
    statuses.push({
      id: plan.id,
      policy: plan.policy,
      state: plan.state,
      asOf: plan.as_of,
      createdAt: plan.created_at,
      createdBy: names.get(plan.created_by) ?? plan.created_by,
      finishedAt: plan.finished_at,
      approvals: { given: await validApprovals(db, plan), needed: plan.approvers },
      items: Number(progress.items),
      done: Number(progress.done),
      deleted: Number(progress.taken),
      busy: Number(progress.busy),
      failure: plan.failure,
    });
  }
  return statuses;
}

/** What is wrong with a plan that should have come further; null when nothing is. */
export function trouble(status: PlanStatus): string | null {
  const { state, approvals, failure } = status;
  if (state === 'failed') return `failed: ${failure ?? ''}`;
  if (state === 'incomplete') return `left unfinished: ${failure ?? ''}`;
  if (state === 'applying') return 'did not finish (interrupted, or still running elsewhere)';
  return state === 'planned' && approvals.given >= approvals.needed ? 'approved, but not applied' : null;
}
