import { nextSlot, lastSlot } from '../core/cron.js';
import { toMicros, type Instant } from '../core/instant.js';
import { dueOf } from '../core/period.js';
import { unlessLate } from '../db/time-limit.js';
import { error, warning, type Finding } from '../datamap/finding.js';
import { overdueRecords, type Overdue } from '../disposal/overdue.js';
import type { RetentionPolicy } from '../policy/retention-policy.js';
import type { PlanStatus } from '../retention/status.js';
import {
  before,
  DAY,
  dayOf,
  daysBetween,
  findingOr,
  inForceSince,
  nameOf,
  SECONDS,
  type CoverageContext,
} from './context.js';

/** Days past their date from which on records are a broken promise, where the rule has been in force as long. */
const BROKEN = 31;

/** Records past their date, of each rule in force: there should be none. */
export async function backlog(context: CoverageContext): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const policy of context.policies.filter(({ action }) => action === 'delete'))
    findings.push(...(await findingOr(nameOf(policy), () => backlogOf(context, policy))));
  return findings;
}

async function backlogOf(context: CoverageContext, policy: RetentionPolicy): Promise<readonly Finding[]> {
  const { db, graph, policies, clock } = context;
  const now = clock.now();
  const asOf = before(now, grace(policy, now));
  const overdue = await unlessLate(
    overdueRecords(db, graph, { policy, policies, asOf, now, seconds: SECONDS }),
  );
  if (overdue === 'late') return [undetermined(policy)];
  return overdue.oldest === null ? [] : [overdueFinding(context, policy, overdue, overdue.oldest)];
}

/** A day; with a schedule, the time from one slot to the next as well. */
function grace({ schedule }: RetentionPolicy, now: Instant): bigint {
  if (!schedule) return DAY;
  const { cron, timeZone } = schedule;
  const next = nextSlot(cron, timeZone, now);
  const last = lastSlot(cron, timeZone, before(now, 9n * 366n * DAY), now);
  return next === null || last === null ? DAY : DAY + toMicros(next) - toMicros(last);
}

const undetermined = (policy: RetentionPolicy): Finding =>
  warning(
    'backlog_undetermined',
    nameOf(policy),
    `whether records are past their date was not determined within ${SECONDS} s: look at \`lethe retention plan ${policy.id}\`, and at the indexes the doctor asks for`,
  );

function overdueFinding(
  context: CoverageContext,
  policy: RetentionPolicy,
  { records }: Overdue,
  oldest: Instant,
): Finding {
  const { id, period, timeZone, periodStarts } = policy;
  const now = context.clock.now();
  const due = dueOf(oldest, period, timeZone, periodStarts);
  const days = daysBetween(due, now);
  const since = inForceSince(context, id);
  const isBroken = days > BROKEN && (since === null || daysBetween(since, now) > BROKEN);
  const many = records === 1 ? '1 record is past its date' : `${records} records are past their date`;
  return (isBroken ? error : warning)(
    'backlog',
    nameOf(policy),
    `${many}, the oldest since ${dayOf(due)} (${days} days): ${next(context.plans, policy)}`,
  );
}

/** What takes them. */
function next(plans: readonly PlanStatus[], { id }: RetentionPolicy): string {
  const plan = plans.find(
    ({ policy, state, isStale }) => policy === id && state !== 'done' && state !== 'withdrawn' && !isStale,
  );
  if (!plan) return `no plan takes them; \`lethe retention plan ${id}\``;
  if (plan.state !== 'planned')
    return `the run of ${plan.id} is not finished; \`lethe retention apply ${plan.id}\``;
  return plan.approvals.given < plan.approvals.needed
    ? `${plan.id} waits for approval; \`lethe retention approve ${plan.id}\``
    : `${plan.id} is approved and waits to be applied; \`lethe retention apply ${plan.id}\``;
}
