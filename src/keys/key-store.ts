import type { Instant } from '../core/instant.js';
import type { EpochId } from './epoch-store.js';
import type { KeyId, KeyUse, NamedUse } from './key.js';

/** A key as the vault keeps it: under the key of its epoch. */
export interface WrappedKey {
  readonly id: KeyId;
  readonly use: KeyUse;
  readonly epoch: EpochId;
  readonly wrapped: Uint8Array;
}

/** One of the few keys that have versions: all living versions are looked under, the newest is written with. */
export interface NamedVersion {
  readonly use: NamedUse;
  readonly version: number;
  readonly id: KeyId;
  readonly since: Instant;
}

/**
 * An epoch as the vault knows it; its key is elsewhere. `current`: new keys come under it; `leaving`: they are being moved to the
 * next; `empty`: all were moved, and its key is kept for the backups of the vault that are not to lose their meaning yet. One that is
 * being left and has `emptiedAt` has none but damaged keys: its own key is kept for as long as they are there, since a backup of the
 * vault may have one of them intact.
 */
export interface EpochState {
  readonly id: EpochId;
  readonly state: 'current' | 'leaving' | 'empty';
  /** When it began. */
  readonly since: Instant;
  /** When the last key that could be moved was moved. */
  readonly emptiedAt: Instant | null;
}

/**
 * The vault's keys: in a folder or a second database. Ids of keys and epochs are UUIDs. What returns is durable.
 * @throws LetheError `vault_unreadable`
 */
export interface KeyStore {
  /** Those of the ids that are there. */
  find(ids: readonly KeyId[]): Promise<ReadonlyMap<KeyId, WrappedKey>>;
  /** False, and nothing is stored, when their epoch is not the current one any more. */
  add(keys: readonly WrappedKey[]): Promise<boolean>;
  /**
   * Removes keys and remembers that they were destroyed, also those that were not there. Again and again is the same as once. None
   * counts as destroyed before the current epoch began: a clock that is behind must not make a copy under its key forgotten.
   */
  destroy(ids: readonly KeyId[], at: Instant): Promise<void>;
  /** Those of the ids that were destroyed, and when. */
  destroyed(ids: readonly KeyId[]): Promise<ReadonlyMap<KeyId, Instant>>;
  /** Ids destroyed after a position, and the position to ask from next; 0 is the beginning. So many at a time, and none at the end. */
  destroyedSince(position: number): Promise<{ readonly ids: readonly KeyId[]; readonly position: number }>;
  /** The position that destroyedSince has nothing after: where somebody begins who holds no key yet. */
  lastDestroyed(): Promise<number>;
  /** When the first key was destroyed at this instant or after it; null: none was. */
  firstDestroyed(from: Instant): Promise<Instant | null>;
  /** Keys under an epoch, in the order of their ids, after one of them. */
  page(epoch: EpochId, after: KeyId | null, limit: number): Promise<readonly WrappedKey[]>;
  /**
   * Replaces those that are still there under `from`; what was destroyed meanwhile stays so. All are of one new epoch; none is
   * replaced when that is not the current one any more. Returns how many.
   */
  rewrap(keys: readonly WrappedKey[], from: EpochId): Promise<number>;
  /** How many there are, by epoch and use. */
  counts(): Promise<readonly { readonly epoch: EpochId; readonly use: KeyUse; readonly count: number }[]>;
  /** Living versions, newest first. */
  named(use: NamedUse): Promise<readonly NamedVersion[]>;
  /** Stores a version with its key, in one; false, and nothing is stored, when the version is or was there or the epoch is not current. */
  addNamed(version: NamedVersion, key: WrappedKey): Promise<boolean>;
  /** Ends a version, and destroys its key. */
  dropNamed(use: NamedUse, version: number, at: Instant): Promise<void>;
  /** Newest first. */
  epochs(): Promise<readonly EpochState[]>;
  /** Makes a new epoch the current one; the one that was becomes `leaving`. False: `instead` is not the current one (null: there is one). */
  beginEpoch(id: EpochId, instead: EpochId | null, at: Instant): Promise<boolean>;
  /**
   * Notes that every key under an epoch that is being left was moved, or cannot be. `empty` from here on, and true, where none is left;
   * true also where it was empty already.
   */
  emptied(id: EpochId, at: Instant): Promise<boolean>;
  /** Forgets an empty epoch. */
  forgetEpoch(id: EpochId): Promise<void>;
  /**
   * Runs `work` while nobody else, here or in another process, runs theirs; whoever dies lets go.
   * @throws LetheError `rotation_running`
   */
  alone<T>(work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** A rotation has not tried all of its keys yet. */
export const isUnfinished = ({ state, emptiedAt }: EpochState): boolean =>
  state === 'leaving' && emptiedAt === null;

/** The one epoch of keys that are stored together. */
export function epochOf(keys: readonly WrappedKey[]): EpochId {
  const [first, ...others] = new Set(keys.map(({ epoch }) => epoch));
  if (first === undefined || others.length > 0)
    throw new TypeError('keys that are stored together are of one epoch');
  return first;
}
