import { digestOf } from '../core/digest.js';
import type { NewPlan } from './plan-store.js';

type PlanBasis = Omit<NewPlan, 'id' | 'digest' | 'items' | 'report'>;

/** What a plan's digest covers; apply computes it again from what is stored. */
export const planDigest = (basis: PlanBasis): string => {
  const { role, valid_for, slot } = basis;
  return digestOf({ ...firstBasis(basis), role, valid_for, slot });
};

/** What it covered before approvals had a role and an end, and plans a slot. */
const firstBasis = (basis: PlanBasis): object => {
  const { policy, map_digest, policy_digests, item_digest, as_of, cutoff } = basis;
  const { record, approvers, assurance, created_by } = basis;
  return {
    policy,
    map_digest,
    policy_digests,
    item_digest,
    as_of,
    cutoff,
    record,
    approvers,
    assurance,
    created_by,
  };
};

/** Whether a stored plan is the one that its digest names; one of an earlier version of Lethe has what migration 0003 gave it. */
export function isAsPlanned(plan: PlanBasis & { readonly digest: string }): boolean {
  if (planDigest(plan) === plan.digest) return true;
  const isEarlier = plan.role === null && plan.slot === null && plan.valid_for === 'P30D';
  return isEarlier && digestOf(firstBasis(plan)) === plan.digest;
}
