import { canonicalJson } from '../core/canonical-json.js';
import { toMicros, type Instant } from '../core/instant.js';
import { approvalsAt, type Approvals } from '../disposal/approval.js';
import { progressOf } from '../disposal/chunk-store.js';
import {
  listPlans,
  movingPlans,
  unfinishedPlans,
  type PlanRow,
  type PlanState,
} from '../disposal/plan-store.js';
import { pendingByPlan } from '../encryption/data-key-store.js';
import { actorNames } from '../ledger/actor-directory.js';
import { digestsNow, type RetentionContext } from './retention.js';
import { unsweptParts } from './withdraw.js';

export interface PlanStatus {
  readonly id: string;
  readonly policy: string;
  readonly state: PlanState;
  readonly asOf: string;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly finishedAt: string | null;
  /** The slot of the policy's schedule it was made for; null: a person asked for it. */
  readonly slot: Instant | null;
  readonly approvals: Approvals;
  /** Its policy, another that it rests on, or the data map has changed since: nobody can approve or apply it. */
  readonly isStale: boolean;
  /** It could have been applied for more than a quarter of an hour, and nobody has begun. */
  readonly isOverdue: boolean;
  /** Roots: planned, dealt with, deleted, in use elsewhere. */
  readonly items: number;
  readonly done: number;
  readonly deleted: number;
  readonly busy: number;
  /** Parts of a withdrawn run that are still to be swept. */
  readonly unswept: number;
  /** Keys of deleted records that are still to be destroyed. */
  readonly pendingKeys: number;
  readonly failure: string | null;
  /** A brake holds the run (a setting of `worker`), until then; null: none does. */
  readonly rests: { readonly until: Instant; readonly because: string } | null;
  /** A batch has ended within the last ten minutes, and the run goes on. */
  readonly isMoving: boolean;
}

/** Whoever goes on with a run may take so long: workers look every minute. */
const GRACE_MICROS = 15n * 60_000_000n;

/** The plans, newest first, with how far each has come. */
export const retentionStatus = async (context: RetentionContext): Promise<readonly PlanStatus[]> =>
  statusesOf(context, await listPlans(context.db));

/** The plans that are neither done nor withdrawn, oldest first: what workers go by. */
export const unfinishedStatus = async (context: RetentionContext): Promise<readonly PlanStatus[]> =>
  statusesOf(context, await unfinishedPlans(context.db));

async function statusesOf(
  context: RetentionContext,
  plans: readonly PlanRow[],
): Promise<readonly PlanStatus[]> {
  const { db } = context;
  const [names, moving] = [await actorNames(db), await movingPlans(db)];
  const pending = await pendingByPlan(db);
  const statuses: PlanStatus[] = [];
  for (const plan of plans)
    statuses.push({
      ...(await statusOf(context, plan, names.get(plan.created_by) ?? plan.created_by)),
      pendingKeys: pending.get(plan.id)?.keys ?? 0,
      isMoving: plan.state === 'applying' && moving.has(plan.id),
    });
  return statuses;
}

async function statusOf(
  context: RetentionContext,
  plan: PlanRow,
  createdBy: string,
): Promise<Omit<PlanStatus, 'isMoving' | 'pendingKeys'>> {
  const { db, clock } = context;
  const [progress, approvals] = [await progressOf(db, plan.id), await approvalsAt(db, plan, clock.now())];
  return {
    id: plan.id,
    policy: plan.policy,
    state: plan.state,
    asOf: plan.as_of,
    createdAt: plan.created_at,
    createdBy,
    finishedAt: plan.finished_at,
    slot: plan.slot,
    approvals,
    isStale: isStale(context, plan),
    isOverdue: isOverdue(plan, approvals, clock.now()),
    items: Number(progress.items),
    done: Number(progress.done),
    deleted: Number(progress.taken),
    busy: Number(progress.busy),
    unswept: plan.state === 'withdrawn' ? await unsweptParts(db, plan.id) : 0,
    failure: plan.failure,
    rests: restOf(plan, clock.now()),
  };
}

/** A plan that looks ahead can be applied from its own instant on. */
function isOverdue({ state, as_of }: PlanRow, { since }: Approvals, now: Instant): boolean {
  if (state !== 'planned' || since === null) return false;
  return toMicros(since > as_of ? since : as_of) + GRACE_MICROS <= toMicros(now);
}

/** A rest that was over a while ago is none: whoever should have gone on did not. */
function restOf(
  { state, rests_until: until, rests_because: because }: PlanRow,
  now: Instant,
): PlanStatus['rests'] {
  if (state !== 'applying' || until === null || because === null) return null;
  return toMicros(until) + GRACE_MICROS > toMicros(now) ? { until, because } : null;
}

/** Whether a plan that is still to be done rests on other digests than are in force now. */
function isStale(context: RetentionContext, plan: PlanRow): boolean {
  if (plan.state === 'done' || plan.state === 'withdrawn') return false;
  const now = digestsNow(context, plan);
  return now === null || canonicalJson(now) !== canonicalJson(plan.policy_digests);
}

const STALE = 'its policy or the data map has changed since: withdraw it, and plan again';

/** What is wrong with a plan that should have come further; null when nothing is. */
export function trouble(status: PlanStatus): string | null {
  const { state, isStale: stale } = status;
  if (state === 'done') return status.pendingKeys > 0 ? keysLeft(status) : null;
  if (state === 'withdrawn') return leftBehind(status);
  const wrong = unfinished(status);
  if (!stale) return wrong;
  return wrong === null || state === 'planned' ? STALE : `${wrong}; ${STALE}`;
}

const leftBehind = (status: PlanStatus): string | null =>
  status.unswept > 0
    ? 'rows that came late to deleted records are in use or protected: withdraw it once more'
    : status.pendingKeys > 0
      ? keysLeft(status)
      : null;

const keysLeft = ({ pendingKeys }: PlanStatus): string =>
  `${pendingKeys} keys of deleted records are not destroyed yet: a worker destroys them, see \`lethe doctor\``;

function unfinished({
  state,
  approvals,
  isOverdue: late,
  failure,
  rests,
  isMoving,
}: PlanStatus): string | null {
  if (state === 'failed') return `failed: ${failure ?? ''}`;
  if (state === 'incomplete') return `left unfinished: ${failure ?? ''}`;
  if (state === 'applying' && (rests || isMoving)) return null;
  if (state === 'applying') return 'did not finish (interrupted, or still running elsewhere)';
  if (approvals.given >= approvals.needed) return late ? 'approved, but not applied' : null;
  return approvals.discounted.length > 0 ? `not approved: ${approvals.discounted.join('; ')}` : null;
}
