import { LetheError } from '../core/errors.js';
import type { Instant } from '../core/instant.js';
import { leftEpochs } from './damaged-keys.js';
import type { EpochId, StoredEpoch } from './epoch-store.js';
import type { EpochState } from './key-store.js';
import type { Keys } from './keys.js';
import { isOver } from './rotate-epoch.js';

/**
 * Removes the keys of epochs that are empty for so long that no backup of the vault from their time is to be put back: from here on
 * such a backup opens nothing. The key goes first and the vault forgets the epoch then, so whoever dies in between is followed by
 * somebody who does both. Returns the epochs that are forgotten; none while another process rotates.
 * @throws LetheError `vault_unreadable`, `epochs_unreadable`
 */
export async function retireEpochs(keys: Keys, now: Instant): Promise<readonly EpochId[]> {
  await emptyLeft(keys, now);
  if (overdue(await keys.store.epochs(), keys, now).length === 0) return [];
  try {
    return await keys.store.alone(() => retire(keys, now));
  } catch (error) {
    if (error instanceof LetheError && error.code === 'rotation_running') return [];
    throw error;
  }
}

/** Epochs whose damaged keys were destroyed since the rotation that left them. */
async function emptyLeft({ store }: Keys, now: Instant): Promise<void> {
  for (const { id, keys } of await leftEpochs(store)) if (keys === 0) await store.emptied(id, now);
}

async function retire(keys: Keys, now: Instant): Promise<readonly EpochId[]> {
  const { store, epochs } = keys;
  const states = await store.epochs();
  const over = overdue(states, keys, now);
  for (const id of over) {
    await epochs.remove(id);
    await store.forgetEpoch(id);
  }
  for (const stored of await epochs.all())
    if (isStray(stored, states, keys, now) && (await isOurs(stored, keys))) await epochs.remove(stored.id);
  return over;
}

const overdue = (states: readonly EpochState[], { rhythm }: Keys, now: Instant): readonly EpochId[] =>
  states
    .filter(
      ({ state, emptiedAt }) =>
        // one that is being left may hold what a backup of the vault has intact
        state === 'empty' && emptiedAt !== null && isOver(emptiedAt, rhythm.keptFor, now),
    )
    .map(({ id }) => id);

/**
 * A key that was made for an epoch which never began, or began in a vault that an older backup took the place of: the vault went on
 * to a later epoch without it, so long ago that what knew it is not to be put back either.
 */
const isStray = (
  { id, madeAt }: StoredEpoch,
  states: readonly EpochState[],
  { rhythm }: Keys,
  now: Instant,
): boolean =>
  !states.some((known) => known.id === id) &&
  states.some(({ since }) => since > madeAt && isOver(since, rhythm.keptFor, now));

/** Another installation may keep its epochs in the same place: only what is bound to this vault opens. */
async function isOurs({ id, wrapped }: StoredEpoch, keys: Keys): Promise<boolean> {
  try {
    const secret = await keys.provider.openKey(wrapped, { epoch: id, vault: await keys.vaultId() });
    secret.fill(0);
    return true;
  } catch (error) {
    if (error instanceof LetheError) return false; // also when nobody can say now
    throw error;
  }
}
