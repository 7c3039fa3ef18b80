import type { EpochId } from './epoch-store.js';

/** What an epoch key is bound to at the provider: the encryption context of a KMS. Not secret, and no personal data. */
export interface EpochContext {
  readonly epoch: EpochId;
  /** Id of the vault. */
  readonly vault: string;
}

/** What holds the root key, under which epoch keys are wrapped: AWS KMS, or a key file. */
export interface KeyProvider {
  readonly name: 'local' | 'aws-kms';
  /** For people: the file, the alias or ARN. */
  readonly key: string;
  /**
   * Whether it may be used.
   * @throws LetheError `key_service_refuses` (disabled, to be deleted, of the wrong kind, no permission),
   *   `key_service_unavailable` (away, after tries), `key_file_unsafe`, `key_file_unusable`
   */
  check(): Promise<RootKey>;
  /** A new epoch key, opened and wrapped. Throws as check. */
  makeKey(context: EpochContext): Promise<{ readonly secret: Buffer; readonly wrapped: Buffer }>;
  /** The same, when it need not be opened now. Throws as check. */
  makeWrappedKey(context: EpochContext): Promise<Buffer>;
  /** Throws as check; `key_damaged` for what was not wrapped by it for this context. */
  openKey(wrapped: Uint8Array, context: EpochContext): Promise<Buffer>;
  /** The same key under the present root key: after an alias was pointed to another. Throws as openKey. */
  rewrapKey(wrapped: Uint8Array, context: EpochContext): Promise<Buffer>;
  close(): Promise<void>;
}

export interface RootKey {
  /** For people: the key's ARN, or the file's fingerprint. */
  readonly id: string;
  readonly isMultiRegion: boolean;
}
