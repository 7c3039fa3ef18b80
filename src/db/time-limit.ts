import { sqlstateOf } from './failures.js';

const CANCELLED = '57014';

/** For the beginning of a transaction: each of its statements ends after so long. (The embedded database does not watch it.) */
export const timeLimit = (seconds: number): string => `set local statement_timeout = '${seconds}s'`;

/** What `work` gives, or `late` when a statement of it reached its time limit. */
export async function unlessLate<T>(work: Promise<T>): Promise<T | 'late'> {
  try {
    return await work;
  } catch (error) {
    if (sqlstateOf(error) === CANCELLED) return 'late';
    throw error;
  }
}
