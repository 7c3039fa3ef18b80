import { LetheError } from '../core/errors.js';
import type { Instant } from '../core/instant.js';
import type { Row, Tx } from '../db/database.js';
import { sqlstateOf } from '../db/failures.js';
import { sql } from '../db/sql.js';
import type { RetentionPolicy } from '../policy/retention-policy.js';
import { approvedPlanOf } from './approval-store.js';
import type { Scheduled } from './plan-report.js';
import { findPlan } from './plan-store.js';

/** Advisory lock namespace ("LETH") of the planning of one policy by its schedule. */
const PLANNING = 0x4c455448;
const UNIQUE_VIOLATION = '23505';

/**
 * One process plans a policy for its schedule at a time, until its transaction ends: a killed one frees it at once. It must
 * be the transaction's first act, so that its snapshot has what the process before has committed.
 * @throws LetheError `plan_underway` when another one does now, or has done so
 */
export async function claimPlanning(tx: Tx, policy: string, slot: Instant): Promise<void> {
  const { rows } = await tx.query<Row & { free: boolean }>(sql`
    select pg_try_advisory_xact_lock(${PLANNING}::int, hashtext(${policy})) as free`);
  const made = await tx.query(sql`
    select from lethe.plan where policy = ${policy} and slot = ${slot}::timestamptz`);
  if (rows[0]?.free !== true || made.count > 0) throw new LetheError('plan_underway', { policy, slot });
}

/** What refuses the second of two plans for one slot is that another process made the first. */
export const underway = (error: unknown, policy: string, slot: Instant | undefined): unknown =>
  slot !== undefined && sqlstateOf(error) === UNIQUE_VIOLATION
    ? new LetheError('plan_underway', { policy, slot })
    : error;

/**
 * A scheduled plan goes on by itself when it takes nothing; or under a version, and a data map, of which people approved a plan
 * before, as long as all such plans of the slot's day together take at most as many records as the policy lets through.
 */
export async function scheduled(
  tx: Tx,
  { id, digest, schedule }: RetentionPolicy,
  { map, items, slot }: { readonly map: string; readonly items: number; readonly slot: Instant },
): Promise<Scheduled> {
  const upTo = schedule?.upTo ?? null;
  if (items === 0) return { byItself: true, because: 'it takes nothing' };
  if (schedule === null || upTo === null)
    return { byItself: false, because: 'the policy lets no plan through without approval' };
  if (items > upTo)
    return {
      byItself: false,
      because: `it takes ${items} records, and only ${upTo} may go without approval`,
    };
  const before = await takenUnseen(tx, { id, timeZone: schedule.timeZone }, slot);
  if (items + before > upTo)
    return {
      byItself: false,
      because: `it takes ${items} records after ${before} of the same day, and only ${upTo} a day may go without approval`,
    };
  const approved = await approvedPlanOf(tx, id, digest);
  // another map may mean other records by the same words
  if (!approved || (await findPlan(tx, approved.id)).map_digest !== map)
    return { byItself: false, because: 'no plan of this version of the policy has been approved yet' };
  return {
    byItself: true,
    because: `it takes ${items} records of at most ${upTo}, and plan ${approved.id} of the same version was approved`,
  };
}

/** Records that plans of the policy took, or will take, without approval on the civil day of a slot: many small slots are one large one. */
async function takenUnseen(
  tx: Tx,
  { id, timeZone }: { readonly id: string; readonly timeZone: string },
  slot: Instant,
): Promise<number> {
  const { rows } = await tx.query<Row & { items: string }>(sql`
    select coalesce(sum(items), 0)::bigint as items from lethe.plan
    where policy = ${id} and approvers = 0 and (state <> 'withdrawn' or started_at is not null)
      and (slot at time zone ${timeZone})::date = (${slot}::timestamptz at time zone ${timeZone})::date`);
  return Number(rows[0]?.items ?? 0);
}
