import type { Assurance, Role } from '../core/actor.js';
import { LetheError } from '../core/errors.js';
import type { Instant } from '../core/instant.js';
import type { Queryable, Row, Tx } from '../db/database.js';
import { sql } from '../db/sql.js';
import { deletedBy } from './chunk-store.js';
import type { PlanReport } from './plan-report.js';

export type PlanState = 'planned' | 'applying' | 'incomplete' | 'done' | 'failed' | 'withdrawn';

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
  readonly assurance: Assurance;
  /** The role approvers need; null: every actor that may approve will do. */
  readonly role: Role | null;
  /** How long an approval is good for: an ISO 8601 period. */
  readonly valid_for: string;
  /** The slot of the policy's schedule that it was made for; null: a person asked for it. */
  readonly slot: Instant | null;
  readonly state: PlanState;
  readonly failure: string | null;
  readonly created_at: Instant;
  readonly created_by: string;
  /** Of the first run, by the engine's clock: the instant its approvals were counted at. */
  readonly started_at: Instant | null;
  readonly finished_at: Instant | null;
  /** A run that a brake holds: until when, and which brake. */
  readonly rests_until: Instant | null;
  readonly rests_because: string | null;
  readonly withdrawn_at: Instant | null;
  readonly withdrawn_by: string | null;
  readonly withdraw_reason: string | null;
}

/** What the server or a later act writes. */
type Later = 'state' | 'failure' | `${'created' | 'started' | 'finished' | 'withdrawn'}_at`;

export type NewPlan = Omit<
  PlanRow,
  Later | 'rests_until' | 'rests_because' | 'withdrawn_by' | 'withdraw_reason'
>;

/** Stores a plan; chunks and exceptions are stored in the same transaction. */
export async function insertPlan(tx: Tx, plan: NewPlan): Promise<void> {
  await tx.query(sql`
    insert into lethe.plan (id, policy, digest, map_digest, policy_digests, item_digest, record, as_of, cutoff, items,
      report, approvers, assurance, role, valid_for, slot, created_by)
    values (${plan.id}, ${plan.policy}, ${plan.digest}, ${plan.map_digest}, ${JSON.stringify(plan.policy_digests)}::jsonb,
      ${plan.item_digest}, ${plan.record}, ${plan.as_of}::timestamptz, ${plan.cutoff}::timestamptz, ${plan.items}::bigint,
      ${JSON.stringify(plan.report)}::jsonb, ${plan.approvers}, ${plan.assurance}, ${plan.role},
      ${plan.valid_for}, ${plan.slot}::timestamptz, ${plan.created_by})`);
}

/** @throws LetheError `plan_unknown`, `plan_gone` (a disposal of Lethe's own records took it) */
export async function findPlan(db: Queryable, id: string): Promise<PlanRow> {
  const { rows } = await db.query<PlanRow>(sql`select * from lethe.plan where id = ${id}`);
  const [plan] = rows;
  if (!plan) throw await missingPlan(db, id);
  return plan;
}

/** Plans as the map of Lethe's own tables has them. */
const PLANS = { concept: 'lethe-plan', key: [{ name: 'id', sql: '"id"', type: 'text' }] } as const;

async function missingPlan(db: Queryable, id: string): Promise<LetheError> {
  const run = await deletedBy(db, PLANS, id);
  if (!run) return new LetheError('plan_unknown', { plan: id });
  return new LetheError('plan_gone', { plan: id, by: run.plan_id, policy: run.policy, at: run.done_at });
}

/** Plans, newest first: the last two hundred, and every older one that is not done, or withdrawn and not swept yet. */
export async function listPlans(db: Queryable): Promise<readonly PlanRow[]> {
  const { rows } = await db.query<PlanRow>(
    sql`select * from lethe.plan
        where state not in ('done', 'withdrawn') or id in (select id from lethe.plan order by created_at desc, id limit 200)
          or id in (select plan_id from lethe.swept_parent)
        order by created_at desc, id`,
  );
  return rows;
}

/** Plans that are neither done nor withdrawn, oldest first. */
export async function unfinishedPlans(db: Queryable): Promise<readonly PlanRow[]> {
  const { rows } = await db.query<PlanRow>(sql`
    select * from lethe.plan where state not in ('done', 'withdrawn') order by created_at, id`);
  return rows;
}

/** Of the runs that have begun, those in which a batch has ended within the last ten minutes. */
export async function movingPlans(db: Queryable): Promise<ReadonlySet<string>> {
  const { rows } = await db.query<Row & { id: string }>(sql`
    select p.id from lethe.plan p
    where p.state in ('applying', 'incomplete')
      and exists (select from lethe.chunk c where c.plan_id = p.id and c.done_at > now() - interval '10 minutes')`);
  return new Set(rows.map(({ id }) => id));
}

/** Locks the plan's row until the transaction ends. */
export async function lockPlan(tx: Tx, id: string): Promise<PlanRow> {
  await tx.query(sql`select from lethe.plan where id = ${id} for update`);
  return findPlan(tx, id);
}

/**
 * Holds a plan as it is until the transaction ends: nobody withdraws it under a batch.
 * @throws LetheError `plan_finished` when it has been withdrawn
 */
export async function holdPlan(tx: Tx, id: string): Promise<void> {
  const { rows } = await tx.query<Row & { state: PlanState }>(sql`
    select state from lethe.plan where id = ${id} for key share`);
  const [row] = rows;
  if (row?.state === 'withdrawn') throw new LetheError('plan_finished', { plan: id, state: row.state });
}

/**
 * Moves a plan on; times are set with the state they belong to. False when it is done or withdrawn: nothing leads back from
 * there.
 */
export async function setPlanState(
  db: Queryable,
  id: string,
  state: Exclude<PlanState, 'withdrawn'>,
  failure: string | null,
  at: Instant,
): Promise<boolean> {
  const { count } = await db.query(sql`
    update lethe.plan
    set state = ${state}, failure = ${failure},
        started_at = case when ${state}::text = 'applying' then coalesce(started_at, ${at}::timestamptz) else started_at end,
        finished_at = case when ${state}::text = 'done' then ${at}::timestamptz else finished_at end
    where id = ${id} and state not in ('done', 'withdrawn')`);
  return count > 0;
}
