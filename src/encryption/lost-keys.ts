import { LetheError } from '../core/errors.js';

/** Codes of a key that is gone, or of one key that is not what it was: no other value depends on it. */
const LOST: readonly string[] = ['key_destroyed', 'key_unknown', 'key_damaged'];

/** The code where a value is lost with its own key; null for every other error. */
export const lossOf = (error: unknown): string | null =>
  error instanceof LetheError && LOST.includes(error.code) ? error.code : null;
