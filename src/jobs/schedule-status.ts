import { lastSlot } from '../core/cron.js';
import { fromMicros, shownInstant, toMicros, type Instant } from '../core/instant.js';
import type { Engine } from '../engine.js';
import { waitingVersions } from '../publication/policies-in-force.js';
import type { PublishedVersion } from '../publication/publication.js';
import { trouble, type PlanStatus } from '../retention/status.js';
import { isApproved } from './advance-jobs.js';
import { inForceSince } from './claim-slots.js';
import { newestSlots, notableJobs, type JobRow } from './job-store.js';

/** Something to be said about the schedules and runs of this installation. */
export interface Notice {
  readonly kind: 'schedule' | 'job' | 'run' | 'plan' | 'version';
  /** Of the policy, the job, the plan, or the version. */
  readonly id: string;
  readonly policy: string;
  readonly message: string;
  /** Something is wrong that takes a person to put right. */
  readonly isTrouble: boolean;
}

/** A slot without a job is loud after so long: workers look every minute. */
const LATE_MINUTES = 15n;
const MINUTE_MICROS = 60_000_000n;
/** A plan or a version may wait so long for its approval before that is trouble. */
const WAITING_DAYS = 7n;

const ago = (now: Instant, minutes: bigint): Instant => fromMicros(toMicros(now) - minutes * MINUTE_MICROS);

/** What the schedules, jobs, plans and runs have to tell, what is wrong first. */
export async function notices(engine: Engine): Promise<readonly Notice[]> {
  const plans = await engine.retention.status();
  const found = [
    ...(await missingSlots(engine)),
    ...(await notableJobs(engine.db)).flatMap((job) => ofJob(job, engine.clock.now())),
    ...plans.flatMap((plan) => ofPlan(plan, engine.clock.now())),
    ...(await waitingVersions(engine.db, engine.clock.now())).flatMap((one) =>
      ofVersion(one, engine.clock.now()),
    ),
  ];
  return [...found.filter(({ isTrouble }) => isTrouble), ...found.filter(({ isTrouble }) => !isTrouble)];
}

/** Schedules whose last slot has passed, and no worker has made a job of it. */
async function missingSlots(engine: Engine): Promise<readonly Notice[]> {
  const { db, clock } = engine;
  const policies = await engine.policiesInForce();
  const [newest, since] = [await newestSlots(db), await inForceSince(db, policies, clock.now())];
  return policies.flatMap(({ id, schedule }): Notice[] => {
    const [version, job] = [since.get(id), newest.get(id)];
    const after = version !== undefined && (job === undefined || version > job) ? version : job;
    if (!schedule || after === undefined) return [];
    const slot = lastSlot(schedule.cron, schedule.timeZone, after, ago(clock.now(), LATE_MINUTES));
    if (slot === null) return [];
    const message = `its schedule asked for a run on ${shownInstant(slot)}, and none was made: is \`lethe worker\` running?`;
    return [{ kind: 'schedule', id, policy: id, message, isTrouble: true }];
  });
}

/** What waits or runs is told by its plan. */
function ofJob(
  { id, policy, slot, state, message, attempts, made_at }: JobRow,
  now: Instant,
): readonly Notice[] {
  const tell = (what: string, isTrouble: boolean, why = message ?? ''): Notice[] => [
    { kind: 'job', id, policy, message: `the run of ${shownInstant(slot)} ${what}: ${why}`, isTrouble },
  ];
  if (state === 'failed') return tell('failed', true);
  if (state === 'skipped') return tell('was left out', false);
  if (state !== 'open') return [];
  if (attempts > 0) return tell('could not be planned yet', true);
  const isLate = made_at < ago(now, LATE_MINUTES);
  return isLate ? tell('has not been planned yet', true, 'is `lethe worker` running?') : [];
}

function ofPlan(plan: PlanStatus, now: Instant): readonly Notice[] {
  const { id, policy, approvals } = plan;
  const tell = (kind: Notice['kind'], message: string, isTrouble: boolean): Notice[] => [
    { kind, id, policy, message, isTrouble },
  ];
  const wrong = trouble(plan);
  if (wrong !== null) return tell('run', wrong, true);
  if (plan.state === 'planned' && !isApproved(plan)) {
    const since = `waits for approval since ${shownInstant(plan.createdAt)} (${approvals.given} of ${approvals.needed})`;
    return tell('plan', since, plan.createdAt < ago(now, WAITING_DAYS * 1440n));
  }
  if (plan.state === 'planned') return tell('run', begins(plan, now), false);
  return plan.state === 'applying' ? tell('run', going(plan), false) : [];
}

function ofVersion({ id, policy, state }: PublishedVersion, now: Instant): readonly Notice[] {
  if (state.is !== 'waiting') return [];
  const { until, given, needed } = state;
  const isCool = until <= now;
  const waits = [
    ...(isCool ? [] : [`until ${shownInstant(until)}`]),
    ...(given < needed ? [`for approval (${given} of ${needed})`] : []),
  ].join(' and ');
  const isTrouble = isCool && until < ago(now, WAITING_DAYS * 1440n);
  return [{ kind: 'version', id, policy, message: `a new version waits ${waits}`, isTrouble }];
}

const begins = ({ asOf }: PlanStatus, now: Instant): string =>
  asOf > now
    ? `is approved, and can be applied from ${shownInstant(asOf)} on`
    : 'is approved, and about to be applied';

function going({ done, items, rests }: PlanStatus): string {
  const far = `${done} of ${items} records`;
  return rests
    ? `rests (${rests.because}) until ${shownInstant(rests.until)}, ${far}`
    : `is going on, ${far}`;
}
