import type { Clock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import { parseInstant, toMicros } from '../core/instant.js';
import type { Database, Row } from './database.js';
import { sql } from './sql.js';

const SECOND = 1_000_000;
/** A minute: what machines without a time server drift by in weeks. */
export const DANGEROUS_SKEW = 60 * SECOND;

/** How a clock stands to the server's. */
export interface ClockSkew {
  /** Microseconds the clock is ahead of the server's; negative: behind. */
  readonly ahead: number;
  /** The least it can be off by: the answer may have been given at any moment of the round trip. */
  readonly atLeast: number;
}

/** Null where there is no other clock: the embedded database goes by this machine's. */
export async function clockSkewOf(db: Database, clock: Clock): Promise<ClockSkew | null> {
  if (db.kind === 'embedded') return null;
  const asked = toMicros(clock.now());
  const { rows } = await db.query<Row & { now: string }>(sql`select clock_timestamp() as now`);
  const answered = toMicros(clock.now());
  const server = parseInstant(rows[0]?.now ?? '');
  if (server === null) return null;
  const half = Number(answered - asked) / 2;
  const ahead = Number(asked - toMicros(server)) + half;
  return { ahead, atLeast: Math.abs(ahead) - half };
}

/**
 * What falls due, how long a version cools and how long an approval is good goes by this machine's clock: whoever sets it forward
 * could have records deleted too early. The server's clock is the witness.
 * @throws LetheError `clock_skewed` for more than a minute
 */
export async function requireSameTime(db: Database, clock: Clock): Promise<void> {
  const skew = await clockSkewOf(db, clock);
  if (!skew || skew.atLeast <= DANGEROUS_SKEW) return;
  const seconds = Math.round(Math.abs(skew.ahead) / SECOND);
  throw new LetheError('clock_skewed', { seconds, way: skew.ahead > 0 ? 'ahead of' : 'behind' });
}
