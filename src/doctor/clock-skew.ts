import { parseInstant, toMicros } from '../core/instant.js';
import type { Row } from '../db/database.js';
import { sql } from '../db/sql.js';
import { error, warning, type Finding } from '../datamap/finding.js';
import type { CoverageContext } from './context.js';

const SECOND = 1_000_000;
/** Microseconds that two clocks may differ by. */
const TOLERATED = 2 * SECOND;
const DANGEROUS = 60 * SECOND;

/** How the clock that due dates are counted by stands to the database server's, whose instants records carry. */
export async function clockSkew({
  db,
  clock,
}: Pick<CoverageContext, 'db' | 'clock'>): Promise<readonly Finding[]> {
  if (db.kind === 'embedded') return [];
  const asked = toMicros(clock.now());
  const { rows } = await db.query<Row & { now: string }>(sql`select clock_timestamp() as now`);
  const answered = toMicros(clock.now());
  const server = parseInstant(rows[0]?.now ?? '');
  if (server === null) return [];
  const roundTrip = Number(answered - asked);
  const ahead = Number(asked - toMicros(server)) + roundTrip / 2;
  // the answer may have been given at any moment of the round trip
  const skew = Math.abs(ahead) - roundTrip / 2;
  if (skew <= TOLERATED) return [];
  const seconds = Math.round(Math.abs(ahead) / SECOND);
  return [
    (skew > DANGEROUS ? error : warning)(
      'clock_skew',
      'clock',
      `this machine's clock is ${seconds} s ${ahead > 0 ? 'ahead of' : 'behind'} the database server's, and due dates follow this machine's: set both by one time server`,
    ),
  ];
}
