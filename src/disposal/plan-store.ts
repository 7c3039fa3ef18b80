import { LetheError } from '../core/errors.js';
import type { Instant } from '../core/instant.js';
import type { Queryable, Row, Tx } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { PlanReport } from './plan-report.js';

export type PlanState = 'planned' | 'applying' | 'incomplete' | 'done' | 'failed';

export interface PlanRow extends Row {
  readonly id: string;
  readonly policy: string;
  readonly digest: string;
  readonly map_digest: string;
  /** Policy id → digest, of every policy that can touch the closure. */
  readonly policy_digests: Readonly<Record<string, string>>;
  readonly item_digest: string;
  readonly record: string;
  readonly as_of: Instant;
  readonly cutoff: Instant;
  /** bigint as text */
  readonly items: string;
  readonly report: PlanReport;
  readonly approvers: number;
  readonly assurance: 'asserted' | 'authenticated';
  readonly state: PlanState;
  readonly failure: string | null;
  readonly created_at: string;
  readonly created_by: string;
  readonly started_at: string | null;
  readonly finished_at: string | null;
}

export type NewPlan = Omit<PlanRow, 'state' | 'failure' | 'created_at' | 'started_at' | 'finished_at'>;

/** Stores a plan; chunks and exceptions are stored in the same transaction. */
export async function insertPlan(tx: Tx, plan: NewPlan): Promise<void> {
  await tx.query(sql`
    insert into lethe.plan (id, policy, digest, map_digest, policy_digests, item_digest, record, as_of, cutoff, items,
      report, approvers, assurance, created_by)
    values (${plan.id}, ${plan.policy}, ${plan.digest}, ${plan.map_digest}, ${JSON.stringify(plan.policy_digests)}::jsonb,
      ${plan.item_digest}, ${plan.record}, ${plan.as_of}::timestamptz, ${plan.cutoff}::timestamptz, ${plan.items}::bigint,
      ${JSON.stringify(plan.report)}::jsonb, ${plan.approvers}, ${plan.assurance}, ${plan.created_by})`);
}

/** @throws LetheError `plan_unknown` */
export async function findPlan(db: Queryable, id: string): Promise<PlanRow> {
  const { rows } = await db.query<PlanRow>(sql`select * from lethe.plan where id = ${id}`);
  const [plan] = rows;
  if (!plan) throw new LetheError('plan_unknown', { plan: id });
  return plan;
}

/** Plans, newest first: the last two hundred, and every older one that is not done. */
export async function listPlans(db: Queryable): Promise<readonly PlanRow[]> {
  const { rows } = await db.query<PlanRow>(
    sql`select * from lethe.plan
        where state <> 'done' or id in (select id from lethe.plan order by created_at desc, id limit 200)
        order by created_at desc, id`,
  );
  return rows;
}

/** Locks the plan's row until the transaction ends. */
export async function lockPlan(tx: Tx, id: string): Promise<PlanRow> {
  await tx.query(sql`select from lethe.plan where id = ${id} for update`);
  return findPlan(tx, id);
}

/** Moves a plan on; times are set with the state they belong to. False when it is done: nothing leads back from there. */
export async function setPlanState(
  db: Queryable,
  id: string,
  state: PlanState,
  failure: string | null,
): Promise<boolean> {
  const { count } = await db.query(sql`
    update lethe.plan
    set state = ${state}, failure = ${failure},
        started_at = case when ${state}::text = 'applying' then coalesce(started_at, now()) else started_at end,
        finished_at = case when ${state}::text = 'done' then now() else finished_at end
    where id = ${id} and state <> 'done'`);
  return count > 0;
}

export interface ApprovalRow extends Row {
  readonly actor_id: string;
  readonly assurance: string;
  readonly plan_digest: string;
  readonly given_at: string;
}

export async function approvalsOf(db: Queryable, planId: string): Promise<readonly ApprovalRow[]> {
  const { rows } = await db.query<ApprovalRow>(sql`
    select actor_id, assurance, plan_digest, given_at from lethe.approval where plan_id = ${planId} order by given_at`);
  return rows;
}

/** False when this actor approved the plan before. */
export async function insertApproval(
  tx: Tx,
  plan: PlanRow,
  actor: string,
  assurance: string,
): Promise<boolean> {
  const { count } = await tx.query(sql`
    insert into lethe.approval (plan_id, actor_id, assurance, plan_digest, roles, expires_at)
    values (${plan.id}, ${actor}, ${assurance}, ${plan.digest}, '{}', now() + interval '30 days')
    on conflict do nothing`);
  return count > 0;
}
