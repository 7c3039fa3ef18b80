import { clockSkewOf, DANGEROUS_SKEW } from '../db/server-time.js';
import { error, warning, type Finding } from '../datamap/finding.js';
import type { CoverageContext } from './context.js';

const SECOND = 1_000_000;
/** Microseconds that two clocks may differ by. */
const TOLERATED = 2 * SECOND;

/** How the clock that due dates are counted by stands to the database server's, whose instants records carry. */
export async function clockSkew({
  db,
  clock,
}: Pick<CoverageContext, 'db' | 'clock'>): Promise<readonly Finding[]> {
  const skew = await clockSkewOf(db, clock);
  if (!skew || skew.atLeast <= TOLERATED) return [];
  const seconds = Math.round(Math.abs(skew.ahead) / SECOND);
  return [
    (skew.atLeast > DANGEROUS_SKEW ? error : warning)(
      'clock_skew',
      'clock',
      `this machine's clock is ${seconds} s ${skew.ahead > 0 ? 'ahead of' : 'behind'} the database server's, and due dates follow this machine's: set both by one time server`,
    ),
  ];
}
