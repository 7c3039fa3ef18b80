import type { Instant } from '../core/instant.js';
import { newId } from '../core/ids.js';
import type { Queryable, Row, Tx } from '../db/database.js';
import { sql } from '../db/sql.js';

export type JobState = 'open' | 'waiting' | 'applying' | 'done' | 'skipped' | 'failed';

/** A slot of a policy's schedule that has come, and what became of it. */
export interface JobRow extends Row {
  readonly id: string;
  readonly policy: string;
  readonly slot: Instant;
  readonly state: JobState;
  readonly plan_id: string | null;
  /** Why it waits, was skipped or failed: names of things, no personal data. */
  readonly message: string | null;
  readonly attempts: number;
  readonly made_at: Instant;
  readonly finished_at: Instant | null;
}

export interface NewJob {
  readonly policy: string;
  readonly slot: Instant;
  readonly state: 'open' | 'skipped';
  readonly message: string | null;
}

/** Advisory lock of those who turn slots into jobs ("LETH", then 33): each sees what the one before has made. */
const CLAIMING = 0x4c455448_21n.toString();

/** Held until the transaction ends; a killed process frees it at once. */
export async function lockClaims(tx: Tx): Promise<void> {
  await tx.query(sql`select pg_advisory_xact_lock(${CLAIMING}::bigint)`);
}

/** Makes the job of a slot, unless it has one. */
export async function insertJob(tx: Tx, job: NewJob, now: Instant): Promise<boolean> {
  const { policy, slot, state, message } = job;
  const { count } = await tx.query(sql`
    insert into lethe.job (id, policy, slot, state, message, made_at, finished_at)
    values (${newId('job')}, ${policy}, ${slot}::timestamptz, ${state}, ${message}, ${now}::timestamptz,
      case when ${state}::text = 'skipped' then ${now}::timestamptz end)
    on conflict (policy, slot) do nothing`);
  return count > 0;
}

/** The newest slot of each policy that has a job. */
export async function newestSlots(db: Queryable): Promise<ReadonlyMap<string, Instant>> {
  const { rows } = await db.query<Row & { policy: string; slot: Instant }>(sql`
    select policy, max(slot) as slot from lethe.job group by policy`);
  return new Map(rows.map(({ policy, slot }) => [policy, slot]));
}

/** Jobs that are still to come to an end, by slot. */
export async function unfinishedJobs(db: Queryable): Promise<readonly JobRow[]> {
  const { rows } = await db.query<JobRow>(sql`
    select * from lethe.job where state in ('open', 'waiting', 'applying') order by slot, policy`);
  return rows;
}

export interface JobMove {
  readonly state: JobState;
  readonly plan?: string | null;
  readonly message: string | null;
}

/** Moves a job on from the state it was seen in; false when another worker has moved it meanwhile. */
export async function moveJob(db: Queryable, job: JobRow, to: JobMove, now: Instant): Promise<boolean> {
  const { state, message, plan = job.plan_id } = to;
  const { count } = await db.query(sql`
    update lethe.job
    set state = ${state}, plan_id = ${plan}, message = ${message},
        finished_at = case when ${state}::text in ('done', 'skipped', 'failed') then ${now}::timestamptz end
    where id = ${job.id} and state = ${job.state}`);
  return count > 0;
}

/** Counts an attempt that failed, with its reason; returns how many there were. */
export async function countAttempt(db: Queryable, job: JobRow, message: string): Promise<number> {
  const { rows } = await db.query<Row & { attempts: number }>(sql`
    update lethe.job set attempts = attempts + 1, message = ${message}
    where id = ${job.id} and state = ${job.state} returning attempts`);
  return rows[0]?.attempts ?? 0;
}

/** A run that was finished, by whomever, finishes its job. */
export async function finishJobs(db: Queryable, now: Instant): Promise<readonly JobRow[]> {
  const { rows } = await db.query<JobRow>(sql`
    update lethe.job j set state = 'done', message = null, finished_at = ${now}::timestamptz
    from lethe.plan p
    where p.id = j.plan_id and p.state = 'done' and j.state in ('waiting', 'applying', 'failed')
    returning j.*`);
  return rows;
}

/** The plan that was made for a slot. */
export async function planOfSlot(db: Queryable, { policy, slot }: JobRow): Promise<string | null> {
  const { rows } = await db.query<Row & { id: string }>(sql`
    select id from lethe.plan where policy = ${policy} and slot = ${slot}::timestamptz`);
  return rows[0]?.id ?? null;
}

/** Of each policy its newest job that failed or was skipped, and every one that waits or is going on. */
export async function notableJobs(db: Queryable): Promise<readonly JobRow[]> {
  const { rows } = await db.query<JobRow>(sql`
    select j.* from lethe.job j
    where j.state in ('open', 'waiting', 'applying')
      or (j.state in ('skipped', 'failed')
          and j.slot = (select max(slot) from lethe.job other where other.policy = j.policy
                          and other.state in ('skipped', 'failed', 'done')))
    order by j.slot, j.policy`);
  return rows;
}
