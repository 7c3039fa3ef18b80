import { sqlstateOf } from '../db/failures.js';

/** A lock was waited for in vain. */
export const LOCK_TIMEOUT = '55P03';

/** A row that stays refers to one that would go. */
export const REFERRED_TO = '23503';

const CROSSINGS: ReadonlySet<string> = new Set([REFERRED_TO, '40001', '40P01', LOCK_TIMEOUT]);

/** The SQLSTATE when another writer got in the way: the transaction was rolled back and can be tried again. Else null. */
export function crossing(error: unknown): string | null {
  const state = sqlstateOf(error);
  return state !== undefined && CROSSINGS.has(state) ? state : null;
}
