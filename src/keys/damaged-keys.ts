import { LetheError } from '../core/errors.js';
import type { EpochId } from './epoch-store.js';
import type { KeyStore } from './key-store.js';

interface LeftEpoch {
  readonly id: EpochId;
  /** Keys under it: those that no rotation could open. */
  readonly keys: number;
}

/** Keys that are named for an epoch; the others are counted. */
const NAMED = 3;

/** Epochs that every key was moved out of but the damaged ones, which may have been destroyed since. */
export async function leftEpochs(store: Pick<KeyStore, 'epochs' | 'counts'>): Promise<readonly LeftEpoch[]> {
  const left = (await store.epochs()).filter(
    ({ state, emptiedAt }) => state === 'leaving' && emptiedAt !== null,
  );
  if (left.length === 0) return [];
  const counts = await store.counts();
  return left.map(({ id }) => ({
    id,
    keys: counts.reduce((sum, { epoch, count }) => (epoch === id ? sum + count : sum), 0),
  }));
}

/** `keys_damaged`, which says what rotations could not move, and the way out; null: there is nothing. Opens no key. */
export async function damagedKeys(
  store: Pick<KeyStore, 'epochs' | 'counts' | 'page'>,
): Promise<LetheError | null> {
  const named: string[] = [];
  for (const { id, keys } of await leftEpochs(store)) {
    if (keys === 0) continue;
    const some = (await store.page(id, null, NAMED)).map((key) => key.id);
    named.push(`${keys} under epoch ${id} (${some.join(', ')}${keys > some.length ? ', …' : ''})`);
  }
  return named.length === 0 ? null : new LetheError('keys_damaged', { damaged: named.join('; ') });
}
