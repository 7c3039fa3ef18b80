import type { Actor } from '../core/actor.js';
import type { Clock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import { shownInstant, type Instant } from '../core/instant.js';
import { dueOf, parsePeriod } from '../core/period.js';
import type { Database, Queryable, Tx } from '../db/database.js';
import { actorId } from '../ledger/actor-directory.js';
import { appendEntry } from '../ledger/append.js';
import { approvalsOf, insertApproval, publisherOf, type ApprovalRow } from './approval-store.js';
import { lockPlan, type PlanRow } from './plan-store.js';

/**
 * Approves a plan: its items, and the digests of everything they rest on, until the policy's period for approvals is over.
 * Whoever approved before may do so again once that approval has ended.
 * @throws LetheError `plan_unknown`, `plan_finished`, `plan_not_due` (it would have ended by then), `approval_own`, `approval_publisher`, `role_missing`, `approval_twice`
 */
export async function approvePlan(
  db: Database,
  planId: string,
  actor: Actor,
  clock: Clock,
): Promise<PlanRow> {
  return db.transaction(async (tx) => {
    const id = await actorId(tx, actor.name);
    const plan = await lockPlan(tx, planId);
    const { digest, policy, state } = plan;
    if (state === 'done' || state === 'withdrawn')
      throw new LetheError('plan_finished', { plan: planId, state });
    const at = clock.now();
    await requireMayApprove(tx, plan, actor, { id, at });
    const { assurance, roles } = actor;
    const expires = endOf(plan, at);
    if (expires <= plan.as_of) throw new LetheError('plan_not_due', { plan: planId, asOf: plan.as_of });
    const approval = {
      actor_id: id,
      assurance,
      roles,
      plan_digest: digest,
      given_at: at,
      expires_at: expires,
    };
    await insertApproval(tx, planId, approval);
    await appendEntry(tx, {
      kind: 'plan.approved',
      at,
      actor: id,
      about: { plan: planId, policy, assurance, roles: roles.join(' '), expires },
      digests: { plan: digest },
    });
    return plan;
  });
}

/** In UTC: nobody's clock change makes an approval longer. */
function endOf({ valid_for }: PlanRow, at: Instant): Instant {
  const period = parsePeriod(valid_for);
  if ('problem' in period) throw new RangeError(`valid_for: ${period.problem}`);
  return dueOf(at, period, 'UTC', 'event');
}

async function requireMayApprove(
  tx: Tx,
  plan: PlanRow,
  actor: Actor,
  { id, at }: { readonly id: string; readonly at: Instant },
): Promise<void> {
  const names = { plan: plan.id, policy: plan.policy, actor: actor.name };
  if (plan.created_by === id) throw new LetheError('approval_own', names);
  const publisher = await publisherOf(tx, plan);
  if (publisher === id) throw new LetheError('approval_publisher', names);
  if (plan.role !== null && !actor.roles.includes(plan.role))
    throw new LetheError('role_missing', {
      deed: 'approve',
      what: `approve ${plan.id}`,
      wanted: plan.role,
      has: actor.roles.join(', ') || 'no role',
    });
  const given = await approvalsOf(tx, plan.id);
  if (given.some((row) => row.actor_id === id && whyNot(row, plan, publisher, at) === null))
    throw new LetheError('approval_twice', names);
}

/** The approvals of a plan, as they count at an instant. */
export interface Approvals {
  readonly given: number;
  readonly needed: number;
  /** From when on what is given is no longer enough; null while it is not, and from the first run's start on. */
  readonly until: Instant | null;
  /** When enough had been given; null while that is not so. */
  readonly since: Instant | null;
  /** Why the others do not count, in words; no names. */
  readonly discounted: readonly string[];
}

/**
 * Approvals that count: of this very digest, of the assurance and with the role the policy asks for, not ended when the
 * first run starts (a started run may finish), and of neither the plan's author nor whoever published the version it
 * rests on. The initial version is its exception: see publisherOf.
 */
export async function approvalsAt(db: Queryable, plan: PlanRow, now: Instant): Promise<Approvals> {
  const [publisher, rows] = [await publisherOf(db, plan), await approvalsOf(db, plan.id)];
  const judged = rows.map((row) => ({ ...row, why: whyNot(row, plan, publisher, plan.started_at ?? now) }));
  const counted = judged.filter(({ why }) => why === null);
  const actors = new Set(counted.map(({ actor_id }) => actor_id));
  const firsts = [...actors]
    .map((id) => counted.find(({ actor_id }) => actor_id === id)?.given_at ?? now)
    .sort();
  const ends = counted.map(({ expires_at }) => expires_at).sort((a, b) => (a < b ? 1 : -1));
  return {
    given: actors.size,
    needed: plan.approvers,
    until: isAhead(plan) ? (ends[plan.approvers - 1] ?? null) : null,
    since: plan.approvers === 0 ? plan.created_at : (firsts[plan.approvers - 1] ?? null),
    discounted: judged.flatMap(({ why, actor_id }) => (why === null || actors.has(actor_id) ? [] : [why])),
  };
}

const isAhead = ({ started_at, state }: PlanRow): boolean => started_at === null && state !== 'withdrawn';

function whyNot(approval: ApprovalRow, plan: PlanRow, publisher: string | null, at: Instant): string | null {
  const { actor_id, plan_digest, assurance, roles, expires_at } = approval;
  if (plan_digest !== plan.digest) return 'one was given for another content of the plan';
  if (actor_id === plan.created_by) return 'one was given by the author of the plan';
  if (actor_id === publisher) return 'one was given by the publisher of the version it rests on';
  if (plan.assurance === 'authenticated' && assurance !== 'authenticated')
    return 'one was given by a person who was not authenticated';
  if (plan.role !== null && !roles.includes(plan.role)) return `one was given without the role ${plan.role}`;
  return expires_at <= at ? `one expired on ${shownInstant(expires_at)}` : null;
}

/** @throws LetheError `plan_not_approved`, with why what was given does not count */
export async function requireApproval(
  db: Queryable,
  plan: PlanRow,
  { now, author }: { readonly now: Instant; readonly author: string },
): Promise<void> {
  const { given, needed, discounted } = await approvalsAt(db, plan, now);
  if (given >= needed) return;
  const why = discounted.length > 0 ? ` (${discounted.join('; ')})` : '';
  throw new LetheError('plan_not_approved', { plan: plan.id, given, needed, why, author });
}
