import type { Instant } from '../core/instant.js';
import type { KeyId, NamedUse, OpenKey } from './key.js';

/** A living version of a named key, opened. */
export interface NamedKey extends OpenKey {
  readonly version: number;
}

/**
 * The keys that this process may use. Opened keys are kept for a while, few enough, and wiped when they are let go: whoever is
 * handed one uses it at once and keeps nothing of it.
 */
export interface Keyring {
  /**
   * Opens keys.
   * @throws LetheError `key_destroyed`, `key_unknown`, `epoch_lost`, `key_damaged`, `key_service_unavailable`,
   *   `key_service_refuses`, `vault_unreadable`
   */
  open(ids: readonly KeyId[]): Promise<ReadonlyMap<KeyId, OpenKey>>;
  /** Those of the ids whose keys the vault has, opened or not: what a value that looks like an envelope may be asked. */
  known(ids: readonly KeyId[]): Promise<ReadonlySet<KeyId>>;
  /** New keys, in the vault when this returns. Throws as open. */
  make(use: 'subject' | 'ticket', count: number): Promise<readonly OpenKey[]>;
  /** Living versions, newest first; the first one is made on need. Throws as open. */
  named(use: NamedUse): Promise<readonly NamedKey[]>;
  /** A new version of a named key, which the others stay beside; returns its number, which is above theirs and `above`. */
  addVersion(use: NamedUse, above?: number): Promise<number>;
  dropVersion(use: NamedUse, version: number): Promise<void>;
  /** In the vault when this returns, and wiped here; other processes wipe theirs within seconds. */
  destroy(ids: readonly KeyId[], at: Instant): Promise<void>;
  close(): Promise<void>;
}
