import { parseInstant, type Instant } from '../../src/core/instant.js';
import { parsePeriod, type Period } from '../../src/core/period.js';

/** The instant a test writes down. */
export function at(text: string): Instant {
  const instant = parseInstant(text);
  if (instant === null) throw new Error(`the test writes no instant: ${text}`);
  return instant;
}

/** The period a test writes down. */
export function lasting(text: string): Period {
  const period = parsePeriod(text);
  if ('problem' in period) throw new Error(`the test writes no period: ${text}: ${period.problem}`);
  return period;
}
