import { lastSlot, slotsBetween } from '../core/cron.js';
import { shownInstant, type Instant } from '../core/instant.js';
import type { Queryable, Row } from '../db/database.js';
import { sql } from '../db/sql.js';
import { error, warning, type Finding } from '../datamap/finding.js';
import type { PolicySchedule, RetentionPolicy } from '../policy/retention-policy.js';
import { before, DAY, inForceSince, nameOf, type CoverageContext } from './context.js';

/** Workers look every minute; a slot without a job is missed after so long. */
const LATE = 15n * 60_000_000n;

/** Slots that may be missed before it counts as standing still. */
const MISSED = 2;

interface LastJob extends Row {
  readonly policy: string;
  readonly slot: Instant;
  readonly state: string;
  readonly message: string | null;
}

/** Schedules in force that never ran, do not run any more, or whose last run failed. */
export async function schedules(context: CoverageContext): Promise<readonly Finding[]> {
  const last = await lastJobs(context.db);
  return context.policies.flatMap((policy) =>
    policy.schedule ? scheduleOf(context, policy, policy.schedule, last.get(policy.id)) : [],
  );
}

async function lastJobs(db: Queryable): Promise<ReadonlyMap<string, LastJob>> {
  const { rows } = await db.query<LastJob>(sql`
    select distinct on (policy) policy, slot, state, message from lethe.job order by policy, slot desc`);
  return new Map(rows.map((row) => [row.policy, row]));
}

function scheduleOf(
  context: CoverageContext,
  policy: RetentionPolicy,
  { cron, timeZone }: PolicySchedule,
  job: LastJob | undefined,
): readonly Finding[] {
  const now = context.clock.now();
  const until = before(now, LATE);
  const since = [inForceSince(context, policy.id), job?.slot]
    .flatMap((at) => at ?? [])
    .sort()
    .at(-1);
  const missed = since === undefined ? null : lastSlot(cron, timeZone, since, until);
  if (missed !== null && since !== undefined) {
    if (!job) return [neverRan(policy, missed)];
    // what was missed under another version is no standing still of this one
    const many = slotsBetween(cron, timeZone, since, until).length;
    if (many > MISSED) return [stopped(policy, job.slot, many)];
  }
  return job ? ofJob(policy, job, now) : [];
}

const neverRan = (policy: RetentionPolicy, slot: Instant): Finding =>
  error(
    'schedule_never_ran',
    nameOf(policy),
    `its schedule has never run, though a run was to start on ${shownInstant(slot)}: keep \`lethe worker\` running`,
  );

const stopped = (policy: RetentionPolicy, last: Instant, missed: number): Finding =>
  error(
    'schedule_stopped',
    nameOf(policy),
    `its schedule last ran on ${shownInstant(last)} and has missed ${missed} runs since: keep \`lethe worker\` running`,
  );

function ofJob(policy: RetentionPolicy, { slot, state, message }: LastJob, now: Instant): readonly Finding[] {
  const what = `the run of ${shownInstant(slot)}`;
  if (state === 'failed')
    return [error('schedule_failed', nameOf(policy), `${what} failed: ${message ?? 'no reason is known'}`)];
  if ((state === 'open' || state === 'applying') && slot < before(now, DAY))
    return [
      warning(
        'schedule_unfinished',
        nameOf(policy),
        `${what} has not ended after a day; \`lethe status\` tells more, \`lethe worker\` goes on with it`,
      ),
    ];
  return [];
}
