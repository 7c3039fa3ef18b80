import type { Keys } from '../keys/keys.js';
import { rewrapRoots } from '../keys/rewrap-roots.js';

export interface Rewrapped {
  /** Epoch keys that are now wrapped by the present root key. */
  readonly epochs: number;
}

/**
 * Wraps the epoch keys of this vault anew, after the name of the root key was pointed to another: until then the former root key must
 * stay usable. No other key is touched, nor what another installation keeps in the same place. Killed anywhere, again is the same.
 * @throws LetheError as rewrapRoots
 */
export const rewrapEpochs = async (keys: Keys): Promise<Rewrapped> => ({
  epochs: (await rewrapRoots(keys)).length,
});
