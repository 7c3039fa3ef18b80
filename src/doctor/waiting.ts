import { error, warning, type Finding } from '../datamap/finding.js';
import { overdueDays } from '../disposal/hold.js';
import { activeProtections } from '../disposal/protection-store.js';
import { trouble, type PlanStatus } from '../retention/status.js';
import { before, DAY, dayOf, daysBetween, type CoverageContext } from './context.js';

const WEEK = 7n * DAY;
/** Approvals that end within so long want a run. */
const SOON = 3n * DAY;

/** What waits for a person for too long: versions, plans, approvals about to end, holds past their review. */
export async function waiting(context: CoverageContext): Promise<readonly Finding[]> {
  return [
    ...waitingVersions(context),
    ...context.plans.flatMap((plan) => planFinding(context, plan)),
    ...(await holdReviews(context)),
  ];
}

function waitingVersions({ standings, clock }: CoverageContext): readonly Finding[] {
  const now = clock.now();
  return [...standings.values()].flatMap(({ policy, waiting: version }) => {
    if (version?.state.is !== 'waiting' || version.publishedAt > before(now, WEEK)) return [];
    const { given, needed, until } = version.state;
    const why =
      given < needed
        ? `it has ${given} of ${needed} approvals; \`lethe policy approve ${version.id}\`, or publish another`
        : `its cooling time ends on ${dayOf(until)}`;
    const since = daysBetween(version.publishedAt, now);
    return [
      warning(
        'version_waiting',
        `policy ${policy}`,
        `version ${version.id} has waited for ${since} days: ${why}`,
      ),
    ];
  });
}

function planFinding({ clock }: CoverageContext, plan: PlanStatus): readonly Finding[] {
  const thing = `plan ${plan.id}`;
  const now = clock.now();
  const wrong = trouble(plan);
  if (plan.state === 'failed' || plan.state === 'incomplete')
    return [error('run_unfinished', thing, `of policy ${plan.policy}: ${wrong ?? 'did not finish'}`)];
  if (plan.isStale) return [warning('plan_stale', thing, `of policy ${plan.policy}: ${wrong ?? ''}`)];
  const { given, needed, until } = plan.approvals;
  if (plan.state !== 'planned') return wrong === null ? [] : [warning('run_unfinished', thing, wrong)];
  if (given >= needed && until !== null && before(until, SOON) <= now)
    return [
      warning(
        'approval_ending',
        thing,
        `its approval ends on ${dayOf(until)}: \`lethe retention apply ${plan.id}\` before, or approve it again`,
      ),
    ];
  return [];
}

async function holdReviews({ db, clock }: CoverageContext): Promise<readonly Finding[]> {
  const now = clock.now();
  return (await activeProtections(db)).flatMap(({ id, kind, review_on }) => {
    const days = kind === 'hold' ? overdueDays(review_on, now) : 0;
    if (days === 0) return [];
    return [
      warning(
        'hold_review',
        `hold ${id}`,
        `its review was due on ${review_on ?? ''} (${days} days): lift it (\`lethe hold lift ${id} --reason …\`), or place it anew with a later date`,
      ),
    ];
  });
}
