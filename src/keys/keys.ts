import type { EpochStore } from './epoch-store.js';
import type { KeyStore } from './key-store.js';
import type { Keyring } from './keyring.js';
import type { KeyProvider } from './provider.js';

/** `keys` of lethe.json, read: where the root key is, and the rhythm of the epochs (ISO 8601 periods). */
export interface KeysConfig {
  readonly root:
    | { readonly provider: 'local'; /** Absolute. */ readonly file: string }
    | {
        readonly provider: 'aws-kms';
        /** Id, alias or ARN. */
        readonly key: string;
        /** LETHE_EPOCHS_URL: `postgres://…`, or `file:///…`. */
        readonly epochs: string;
      };
  readonly epochs: EpochRhythm;
}

export interface EpochRhythm {
  /** A new epoch when the current one is older. */
  readonly every: string;
  /** A new epoch when a key was destroyed so long ago and could still be opened by a copy of the vault from before. */
  readonly afterDestruction: string;
  /** How long the key of an epoch that is empty is kept: so long a backup of the vault can be put back. */
  readonly keptFor: string;
}

/** Everything there is to do with the keys of one installation. */
export interface Keys {
  readonly keyring: Keyring;
  readonly store: KeyStore;
  readonly epochs: EpochStore;
  readonly provider: KeyProvider;
  readonly rhythm: EpochRhythm;
  /** What epoch keys are bound to. */
  vaultId(): Promise<string>;
  close(): Promise<void>;
}
