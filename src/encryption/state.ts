import { LetheError } from '../core/errors.js';
import type { Queryable, Row } from '../db/database.js';
import { sql } from '../db/sql.js';

/** `converting`: new values are encrypted, old ones may not be yet; `on`: every one is. */
export type EncryptionState = 'off' | 'converting' | 'on';

/** What lethe.encryption says. */
export interface Standing {
  readonly state: EncryptionState;
  /** Id of the map that values are bound to; empty while it is off. */
  readonly map: string;
}

const OFF: Standing = { state: 'off', map: '' };

export async function encryptionState(on: Queryable): Promise<EncryptionState> {
  return (await readStanding(on)).state;
}

export async function readStanding(on: Queryable): Promise<Standing> {
  const { rows } = await on.query<Row & { state: 'converting' | 'on'; map_id: string }>(
    sql`select state, map_id from lethe.encryption`,
  );
  const [row] = rows;
  return row ? { state: row.state, map: row.map_id } : OFF;
}

/**
 * Whether a transaction failed because encryption was turned on after it had read that it was off: triggers refuse values in the
 * clear from then on (SQLSTATE LE001). Nothing was stored; the same work in a new transaction encrypts.
 */
export const encryptionBegun = (error: unknown): boolean =>
  error instanceof LetheError && error.code === 'encryption_begun';
