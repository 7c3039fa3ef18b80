import type { Keys } from '../keys/keys.js';

export interface Rewrapped {
  /** Epoch keys that are now wrapped by the present root key. */
  readonly epochs: number;
}

/**
 * Wraps the living epoch keys anew, after the name of the root key was pointed to another: until then the former root key must stay
 * usable. No other key is touched. Killed anywhere, again is the same.
 * @throws LetheError `rotation_running`, and what KeyProvider.rewrapKey and EpochStore.put throw
 */
export const rewrapEpochs = (keys: Keys): Promise<Rewrapped> =>
  // alone: an epoch that is retired meanwhile must not be put back
  keys.store.alone(async () => {
    const vault = await keys.vaultId();
    const living = await keys.epochs.all();
    for (const epoch of living) {
      const wrapped = await keys.provider.rewrapKey(epoch.wrapped, { epoch: epoch.id, vault });
      await keys.epochs.put({ ...epoch, wrapped });
    }
    return { epochs: living.length };
  });
