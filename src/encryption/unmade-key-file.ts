import { existsSync } from 'node:fs';
import type { Queryable } from '../db/database.js';
import type { Keys } from '../keys/keys.js';
import { encryptionState } from './state.js';

/** Whether the key file is missing because nothing has needed it yet: `lethe keys encrypt` makes it. Later a missing one is lost. */
export async function isKeyFileUnmade(
  on: Queryable,
  { provider, store }: Pick<Keys, 'provider' | 'store'>,
): Promise<boolean> {
  if (provider.name !== 'local' || existsSync(provider.key)) return false;
  return (await encryptionState(on)) === 'off' && (await store.epochs()).length === 0;
}
