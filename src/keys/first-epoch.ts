import { randomUUID } from 'node:crypto';
import type { Instant } from '../core/instant.js';
import type { EpochKeys, EpochSource } from './epoch-keys.js';
import type { EpochId } from './epoch-store.js';
import type { KeyStore } from './key-store.js';

export interface NewEpoch {
  /** The epoch that is current now; null: there is none yet. */
  readonly instead: EpochId | null;
  readonly at: Instant;
}

/**
 * Makes an epoch the current one. Its key is stored, read back and opened before anything can come under it. Null: somebody else was
 * faster, and this one's key is removed again; who dies in between leaves it, and retireEpochs removes it later.
 * @throws LetheError as the provider and both stores do
 */
export async function makeEpoch(
  source: EpochSource & { readonly store: KeyStore },
  opened: EpochKeys,
  { instead, at }: NewEpoch,
): Promise<EpochId | null> {
  const { epochs, provider, store } = source;
  const id = randomUUID();
  const wrapped = await provider.makeWrappedKey({ epoch: id, vault: await source.vaultId() });
  await epochs.put({ id, wrapped, madeAt: at });
  await opened.using(id, () => undefined);
  if (await store.beginEpoch(id, instead, at)) return id;
  opened.letGo((other) => other !== id);
  await epochs.remove(id);
  return null;
}
