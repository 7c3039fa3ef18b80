import { fromZoned, toZoned } from '../core/instant.js';
import { warning, type Finding } from '../datamap/finding.js';
import type { Policy } from '../policy/policy.js';
import { dayOf, nameOf, type CoverageContext } from './context.js';

/** Years after which a policy that names no review date is looked at again. */
const YEARS = 2;

/** Policies in force whose review is due: by the date they name, or because nobody published them anew for two years. */
export function policyReviews(
  policies: readonly Policy[],
  { standings, clock }: Pick<CoverageContext, 'standings' | 'clock'>,
): readonly Finding[] {
  const now = clock.now();
  const longAgo = fromZoned(toZoned(now, 'UTC').subtract({ years: YEARS }));
  return policies.flatMap((policy) => {
    const { review } = policy.entry;
    if (review !== undefined && review >= now.slice(0, 10)) return [];
    if (review !== undefined)
      return [
        warning(
          'policy_review',
          nameOf(policy),
          `its review was due on ${review}: see whether it still fits, set a new "review" and publish it`,
        ),
      ];
    const published = standings.get(policy.id)?.inForce?.publishedAt;
    if (published === undefined || published > longAgo) return [];
    return [
      warning(
        'policy_review',
        nameOf(policy),
        `was published on ${dayOf(published)} and not looked at since: see whether it still fits, name the next "review" and publish it`,
      ),
    ];
  });
}
