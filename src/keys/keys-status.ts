import { isUnfinished, type EpochState, type NamedVersion } from './key-store.js';
import { NAMED_USES, type KeyUse } from './key.js';
import type { Keys } from './keys.js';

export interface KeysInUse {
  /** Newest first. */
  readonly epochs: readonly EpochInUse[];
  /** Living keys of each use that has some. */
  readonly uses: readonly { readonly use: KeyUse; readonly count: number }[];
  /** Living versions of the named keys, newest first in each use. */
  readonly named: readonly NamedVersion[];
  /** Keys that a rotation has yet to move; null: none was begun. */
  readonly toMove: number | null;
  /** Epoch keys in their place that this vault knows no epoch of. */
  readonly strays: number;
}

export interface EpochInUse extends EpochState {
  /** Keys under it. */
  readonly keys: number;
  /** Whether its key is in its place: without it nothing under it can be read. */
  readonly isThere: boolean;
}

/**
 * What the vault and the epoch store have; the provider is not asked.
 * @throws LetheError `vault_unreadable`, and as the epoch store does
 */
export async function keysInUse({ store, epochs }: Keys): Promise<KeysInUse> {
  const stored = new Set((await epochs.all()).map(({ id }) => id));
  const counts = await store.counts();
  const states = (await store.epochs()).map((state) => ({
    ...state,
    keys: sum(counts.filter(({ epoch }) => epoch === state.id)),
    isThere: stored.has(state.id),
  }));
  const named = await Promise.all(NAMED_USES.map((use) => store.named(use)));
  const uses = [...new Set(counts.map(({ use }) => use))].sort();
  return {
    epochs: states,
    uses: uses.map((use) => ({ use, count: sum(counts.filter((one) => one.use === use)) })),
    named: named.flat(),
    toMove: leavingOf(states),
    strays: [...stored].filter((id) => !states.some((state) => state.id === id)).length,
  };
}

const sum = (counts: readonly { readonly count: number }[]): number =>
  counts.reduce((total, { count }) => total + count, 0);

function leavingOf(states: readonly EpochInUse[]): number | null {
  const leaving = states.filter(isUnfinished);
  return leaving.length === 0 ? null : leaving.reduce((total, { keys }) => total + keys, 0);
}
