import { LetheError } from '../core/errors.js';
import type { EpochId } from './epoch-store.js';
import type { Keys } from './keys.js';

/**
 * Puts every living epoch key of this vault under the present root key, as after an alias was pointed to another one; the epochs
 * stay the same, and so does everything under them. Again and again is the same as once. Returns the epochs.
 * @throws LetheError `rotation_running`, `epoch_lost` when the others are done, `key_damaged`, and as the provider and both stores
 */
export const rewrapRoots = (keys: Keys): Promise<readonly EpochId[]> =>
  keys.store.alone(async () => {
    const stored = await keys.epochs.all();
    const states = await keys.store.epochs();
    const known = states.map(({ id }) => id);
    const vault = await keys.vaultId();
    for (const epoch of stored.filter(({ id }) => known.includes(id))) {
      const wrapped = await keys.provider.rewrapKey(epoch.wrapped, { epoch: epoch.id, vault });
      await keys.epochs.replace({ ...epoch, wrapped });
    }
    // an empty epoch holds nothing: its key may be gone already
    const lost = states.find(({ id, state }) => state !== 'empty' && !stored.some((one) => one.id === id));
    if (lost) throw new LetheError('epoch_lost', { epoch: lost.id, place: keys.epochs.place });
    return known;
  });
