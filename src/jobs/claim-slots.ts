import { lastSlot, slotsBetween } from '../core/cron.js';
import { fromMicros, toMicros, type Instant } from '../core/instant.js';
import type { Database, Queryable } from '../db/database.js';
import { policyStandings } from '../publication/policies-in-force.js';
import type { PolicySchedule, RetentionPolicy } from '../policy/retention-policy.js';
import { insertJob, lockClaims, newestSlots, type NewJob } from './job-store.js';

/** A slot older than this when a worker first sees it was missed. */
export const ON_TIME_MINUTES = 10;

export interface ClaimContext {
  readonly db: Database;
  /** The policies in force. */
  readonly policies: readonly RetentionPolicy[];
  readonly now: Instant;
  /** From when on slots count of a policy that was never published. */
  readonly watchedSince: Instant;
}

type Due = Pick<NewJob, 'slot' | 'state' | 'message'>;

/**
 * Turns the slots that have come into jobs, each into one, whichever worker is first: the row is the claim. Slots from before
 * the version came into force are not made up for, nor what lies before the newest job.
 * @returns the jobs that this call made
 */
export function claimSlots({ db, policies, now, watchedSince }: ClaimContext): Promise<readonly NewJob[]> {
  return db.transaction(async (tx) => {
    await lockClaims(tx);
    const [newest, since] = [await newestSlots(tx), await inForceSince(tx, policies, now)];
    const made: NewJob[] = [];
    for (const { id: policy, schedule } of policies) {
      if (!schedule) continue;
      const after = later(since.get(policy) ?? watchedSince, newest.get(policy));
      for (const due of slotsDue(schedule, after, now)) {
        const job = { policy, ...due };
        if (await insertJob(tx, job, now)) made.push(job);
      }
    }
    return made;
  });
}

/** Of each policy, since when this version of it has been in force; policies that were never published are missing. */
export async function inForceSince(
  db: Queryable,
  policies: readonly Pick<RetentionPolicy, 'id' | 'digest'>[],
  now: Instant,
): Promise<ReadonlyMap<string, Instant>> {
  const standings = await policyStandings(db, now);
  const found = policies.flatMap(({ id, digest }) => {
    const version = standings.get(id)?.inForce;
    return version?.digest === digest && version.state.is === 'inForce'
      ? [[id, version.state.since] as const]
      : [];
  });
  return new Map(found);
}

const later = (a: Instant, b: Instant | undefined): Instant => (b !== undefined && b > a ? b : a);

/**
 * What becomes of the slots after `after`: each that is on time is a job. Of those that were missed the latest is made up for
 * where no newer one does that, or is noted as left out, as the policy says; the others leave no trace.
 */
export function slotsDue(schedule: PolicySchedule, after: Instant, now: Instant): readonly Due[] {
  const { cron, timeZone, missed } = schedule;
  const limit = fromMicros(toMicros(now) - BigInt(ON_TIME_MINUTES) * 60_000_000n);
  const onTime = slotsBetween(cron, timeZone, later(limit, after), now).map((slot) => ({
    slot,
    state: 'open' as const,
    message: null,
  }));
  const late = after < limit ? lastSlot(cron, timeZone, after, limit) : null;
  if (late === null || (missed === 'once' && onTime.length > 0)) return onTime;
  return [missed === 'once' ? madeUp(late) : leftOut(late), ...onTime];
}

const madeUp = (slot: Instant): Due => ({
  slot,
  state: 'open',
  message: 'no worker was there at the time; made up for now',
});

const leftOut = (slot: Instant): Due => ({
  slot,
  state: 'skipped',
  message: 'no worker was there at the time, and the policy leaves missed slots out',
});
