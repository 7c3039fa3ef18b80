import type { Role } from '../core/actor.js';
import type { Instant } from '../core/instant.js';
import type { Queryable, Row, Tx } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { PlanRow } from './plan-store.js';

/** One approval of a plan: by whom, as what, of which content, until when. */
export interface ApprovalRow extends Row {
  readonly actor_id: string;
  readonly assurance: string;
  readonly roles: readonly Role[];
  readonly plan_digest: string;
  readonly given_at: Instant;
  readonly expires_at: Instant;
}

/** Oldest first; whoever approved again has several. */
export async function approvalsOf(db: Queryable, planId: string): Promise<readonly ApprovalRow[]> {
  const { rows } = await db.query<ApprovalRow>(sql`
    select actor_id, assurance, roles, plan_digest, given_at, expires_at
    from lethe.approval where plan_id = ${planId} order by given_at, actor_id`);
  return rows;
}

export async function insertApproval(tx: Tx, planId: string, approval: ApprovalRow): Promise<void> {
  const { actor_id, assurance, roles, plan_digest, given_at, expires_at } = approval;
  await tx.query(sql`
    insert into lethe.approval (plan_id, actor_id, assurance, roles, plan_digest, given_at, expires_at)
    values (${planId}, ${actor_id}, ${assurance}, ${roles}::text[], ${plan_digest}, ${given_at}::timestamptz,
      ${expires_at}::timestamptz)`);
}

/**
 * Actor id of whoever published the version a plan rests on, the last time it was published; null when it never was, or
 * when it came with the installation: a single person may set Lethe up and approve plans that another makes.
 */
export async function publisherOf(db: Queryable, plan: PlanRow): Promise<string | null> {
  const { rows } = await db.query<Row & { published_by: string; change: string }>(sql`
    select published_by, change from lethe.publication
    where policy = ${plan.policy} and digest = ${plan.policy_digests[plan.policy] ?? ''}
    order by number desc limit 1`);
  const [newest] = rows;
  return newest === undefined || newest.change === 'initial' ? null : newest.published_by;
}

/** A plan that people approved: the version it rests on has been looked at once. */
export interface ApprovedPlan extends Row {
  readonly id: string;
  readonly approved_at: Instant;
}

/**
 * The last plan, as of `before` (default: now), that rests on the same version of the policy and had all the approvals it needed
 * at one time; null when there is none. A plan that was withdrawn, needed none, or takes nothing vouches for nothing.
 */
export async function approvedPlanOf(
  db: Queryable,
  policy: string,
  version: string,
  before: Instant | null = null,
): Promise<ApprovedPlan | null> {
  const { rows } = await db.query<ApprovedPlan>(sql`
    select p.id, max(a.given_at) as approved_at
    from lethe.plan p join lethe.approval a on a.plan_id = p.id and a.plan_digest = p.digest
    where p.policy = ${policy} and p.policy_digests ->> ${policy} = ${version} and p.approvers > 0 and p.items > 0
      and (p.state <> 'withdrawn' or p.withdrawn_at > ${before}::timestamptz)
      and (${before}::timestamptz is null
           or p.created_at < ${before}::timestamptz and a.given_at <= ${before}::timestamptz)
      and (select count(distinct b.actor_id) from lethe.approval b
           where b.plan_id = p.id and b.plan_digest = p.digest
             and b.given_at <= a.given_at and b.expires_at > a.given_at) >= p.approvers
    group by p.id, p.created_at
    order by p.created_at desc, p.id limit 1`);
  return rows[0] ?? null;
}
