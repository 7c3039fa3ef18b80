import type { EpochId } from './epoch-store.js';
import type { Keys } from './keys.js';

/**
 * Epochs whose key is not in its place, ahead of the first value that cannot be read. An empty epoch holds nothing: its key may be
 * gone. Throws `vault_unreadable`, `epochs_unreadable`.
 */
export async function lostEpochs({
  store,
  epochs,
}: Pick<Keys, 'store' | 'epochs'>): Promise<readonly EpochId[]> {
  const inUse = (await store.epochs()).filter(({ state }) => state !== 'empty').map(({ id }) => id);
  const there = new Set((await epochs.all()).map(({ id }) => id));
  return inUse.filter((id) => !there.has(id));
}
