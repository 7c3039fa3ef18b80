import { setTimeout as after } from 'node:timers/promises';
import { LetheError } from '../core/errors.js';
import type { Queryable } from '../db/database.js';
import type { Keys } from '../keys/keys.js';
import { encryptionState } from './state.js';

/** A start does not wait longer for a key service: what needs no key goes on without it. */
const PATIENCE_MS = 5_000;

/**
 * Refuses to start where encrypted data could not be used rightly: without keys, or with a root key that is disabled, about to be
 * deleted, or not one's own to use. A key service that is away stops nobody here; who needs a key is told.
 * @throws LetheError `keys_unset`, `key_service_refuses`, `key_file_unsafe`, `key_file_unusable`
 */
export async function requireKeys(db: Queryable, keys: Keys | null): Promise<void> {
  const isOff = (await encryptionState(db)) === 'off';
  if (!keys) {
    if (isOff) return;
    throw new LetheError('keys_unset');
  }
  // the file is made when encryption is turned on
  if (isOff && keys.provider.name === 'local') return;
  const tooLate = new AbortController();
  try {
    await Promise.race([keys.provider.check(), after(PATIENCE_MS, null, { signal: tooLate.signal })]);
  } catch (error) {
    if (!(error instanceof LetheError && error.code === 'key_service_unavailable')) throw error;
  } finally {
    tooLate.abort();
  }
}
