import { setTimeout as after } from 'node:timers/promises';
import { LetheError } from '../core/errors.js';
import type { Queryable } from '../db/database.js';
import type { Keys } from '../keys/keys.js';
import type { KeyProvider } from '../keys/provider.js';
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
  try {
    await checkRoot(keys.provider);
  } catch (error) {
    if (!(error instanceof LetheError && error.code === 'key_service_unavailable')) throw error;
  }
}

/**
 * What the provider says of the root key, if it does so in time. One that is given up is cancelled, with the connections it holds:
 * it would keep a process for as long as a key that is needed is waited for.
 * @throws LetheError as KeyProvider.check; `key_service_unavailable` also where there is no answer in time
 */
export async function checkRoot(
  provider: Pick<KeyProvider, 'key' | 'check' | 'close'>,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const answered = new AbortController();
  try {
    const late = after(patienceMs, TOO_LATE, { signal: answered.signal });
    if ((await Promise.race([provider.check(), late])) !== TOO_LATE) return;
  } finally {
    answered.abort();
  }
  await provider.close(); // who needs a key later connects anew
  const reason = `no answer within ${patienceMs / 1000} seconds`;
  throw new LetheError('key_service_unavailable', { key: provider.key, reason });
}

const TOO_LATE = Symbol('too late');
