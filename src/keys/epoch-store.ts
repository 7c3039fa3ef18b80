import type { Instant } from '../core/instant.js';

export type EpochId = string;

/** An epoch key as the provider wrapped it. */
export interface StoredEpoch {
  readonly id: EpochId;
  readonly wrapped: Uint8Array;
  readonly madeAt: Instant;
}

/**
 * Where the living epoch keys are, and no others: the key file, or what LETHE_EPOCHS_URL names. Never the vault, whose backups
 * lose their meaning when the epoch they were made in is removed here. What returns is durable. Throws `epochs_unreadable`.
 */
export interface EpochStore {
  /** For people: the file, or host and name of the database. */
  readonly place: string;
  all(): Promise<readonly StoredEpoch[]>;
  /** Adds it, or replaces the one with its id. */
  put(epoch: StoredEpoch): Promise<void>;
  /** Replaces the one with its id; nothing happens where that is gone: what was removed must not come back. */
  replace(epoch: StoredEpoch): Promise<void>;
  /** Nothing happens where it is gone already. */
  remove(id: EpochId): Promise<void>;
  close(): Promise<void>;
}
