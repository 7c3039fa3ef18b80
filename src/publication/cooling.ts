import type { Instant } from '../core/instant.js';
import { dueOf, parsePeriod } from '../core/period.js';
import type { Publication } from './publication.js';

/** A mistake in lethe.json must not lock an installation up for years. */
const LONGEST_MEMORY = 'P30D';

/**
 * When the cooling time ends of what is published now. A shorter one than versions were published under counts only once it has
 * stood in lethe.json, seen by a publication, for as long as the longer one (a month at most): else who wants to pass the
 * waiting by would shorten it first.
 * @param configured ISO 8601 period
 */
export function coolingEnd(
  history: readonly Pick<Publication, 'publishedAt' | 'cooling'>[],
  configured: string,
  now: Instant,
): Instant {
  const remembered = history.map(({ publishedAt, cooling }) => ({
    publishedAt,
    end: cooling === null ? now : earlier(endOf(cooling, now), endOf(LONGEST_MEMORY, now)),
    cooling: cooling ?? configured,
  }));
  const counting = remembered.filter(({ cooling, end }) => {
    const last = remembered.findLastIndex((other) => other.end >= end);
    const shorterSince = remembered[last + 1]?.publishedAt;
    return shorterSince === undefined || later(shorterSince, cooling) > now;
  });
  return [endOf(configured, now), ...counting.map(({ end }) => end)].reduce((a, b) => (b > a ? b : a));
}

const earlier = (a: Instant, b: Instant): Instant => (a < b ? a : b);

/** When what began at an instant has stood for the period, or for as long as it is remembered. */
const later = (since: Instant, period: string): Instant =>
  earlier(endOf(period, since), endOf(LONGEST_MEMORY, since));

/** In UTC: nobody's clock change makes it shorter. */
function endOf(text: string, from: Instant): Instant {
  const period = parsePeriod(text);
  if ('problem' in period) throw new RangeError(`cooling: ${period.problem}`);
  return dueOf(from, period, 'UTC', 'event');
}
