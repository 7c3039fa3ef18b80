import type { KeyMetadata } from '@aws-sdk/client-kms';
import { LetheError } from '../core/errors.js';
import type { RootKey } from './provider.js';

/** In words, where there are some; `Updating` is a multi-Region key whose primary moves: it works. */
const UNUSABLE: Readonly<Record<string, string>> = {
  Disabled: 'it is disabled',
  PendingDeletion: 'its deletion is scheduled',
  PendingReplicaDeletion: 'its deletion is scheduled',
  PendingImport: 'its key material was not imported yet, or has expired',
  Unavailable: 'its key store is not connected',
  Creating: 'it is still being made',
};
const USABLE = ['Enabled', 'Updating'];

/**
 * What DescribeKey said, when the key may wrap epoch keys.
 * @throws LetheError `key_service_refuses`
 */
export function rootKeyOf(metadata: KeyMetadata, key: string): RootKey {
  const { KeyState = '', KeyUsage = 'ENCRYPT_DECRYPT', Arn, KeyId, MultiRegion = false } = metadata;
  // what speaks an older version of the protocol has the former name alone
  const spec = metadata.KeySpec ?? oldSpecOf(metadata) ?? 'SYMMETRIC_DEFAULT';
  if (KeyUsage !== 'ENCRYPT_DECRYPT') throw refuses(key, `it is for ${KeyUsage}, not for ENCRYPT_DECRYPT`);
  if (spec !== 'SYMMETRIC_DEFAULT') throw refuses(key, `it is ${spec}, not SYMMETRIC_DEFAULT`);
  if (!USABLE.includes(KeyState)) throw refuses(key, UNUSABLE[KeyState] ?? `it is in state ${KeyState}`);
  return { id: Arn ?? KeyId ?? key, isMultiRegion: MultiRegion };
}

const oldSpecOf = (metadata: object): string | undefined =>
  'CustomerMasterKeySpec' in metadata && typeof metadata.CustomerMasterKeySpec === 'string'
    ? metadata.CustomerMasterKeySpec
    : undefined;

const refuses = (key: string, reason: string): LetheError =>
  new LetheError('key_service_refuses', { key, reason });
