import type { EpochId } from '../keys/epoch-store.js';
import type { KeyStore } from '../keys/key-store.js';
import type { Keys } from '../keys/keys.js';

export interface Rewrapped {
  /** Epoch keys that are now wrapped by the present root key. */
  readonly epochs: number;
}

/**
 * Wraps the living epoch keys anew, after the name of the root key was pointed to another: until then the former root key must stay
 * usable. No other key is touched. Killed anywhere, again is the same.
 * @throws LetheError what KeyProvider.rewrapKey and EpochStore.put throw
 */
export async function rewrapEpochs(keys: Keys): Promise<Rewrapped> {
  const { epochs, provider, store } = keys;
  const vault = await keys.vaultId();
  const known = await knownEpochs(store);
  const living = (await epochs.all()).filter(({ id }) => known.has(id));
  for (const epoch of living) {
    const wrapped = await provider.rewrapKey(epoch.wrapped, { epoch: epoch.id, vault });
    await epochs.put({ ...epoch, wrapped });
  }
  // one that was retired meanwhile must not be back
  const still = await knownEpochs(store);
  for (const { id } of living) if (!still.has(id)) await epochs.remove(id);
  return { epochs: living.length };
}

const knownEpochs = async (store: KeyStore): Promise<ReadonlySet<EpochId>> =>
  new Set((await store.epochs()).map(({ id }) => id));
