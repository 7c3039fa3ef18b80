import { LetheError } from '../core/errors.js';
import { kmsClient, type KmsClient } from './aws-kms-client.js';
import type { EpochId } from './epoch-store.js';
import { KEY_BYTES } from './key.js';
import { kmsFailure } from './kms-errors.js';
import { rootKeyOf } from './kms-root-key.js';
import { isOf, keyOf, readWrapped, wrappedBy } from './kms-wrapped-key.js';
import type { EpochContext, KeyProvider } from './provider.js';

/** AWS KMS (API 2014-11-01): a symmetric key that never leaves it wraps epoch keys, bound to vault and epoch by encryption context. */
export function awsKmsProvider(key: string, client: KmsClient = kmsClient()): KeyProvider {
  /** `epoch`: whose key is to be opened. */
  const ask = async <T>(
    call: Parameters<typeof client.ask<T>>[0],
    epoch: EpochId | null = null,
  ): Promise<T> => {
    try {
      return await client.ask(call);
    } catch (error) {
      throw kmsFailure(error, key, epoch);
    }
  };
  const needed = <T>(value: T | undefined): T => {
    if (value === undefined) throw unavailable(key, 'its answer is not complete');
    return value;
  };
  return {
    name: 'aws-kms',
    key,
    check: async () => {
      const { KeyMetadata } = await ask((kms, options) => kms.describeKey({ KeyId: key }, options));
      return rootKeyOf(needed(KeyMetadata), key);
    },
    makeKey: async (context) => {
      const request = { KeyId: key, KeySpec: 'AES_256', EncryptionContext: contextOf(context) } as const;
      const answer = await ask((kms, options) => kms.generateDataKey(request, options));
      return {
        secret: secretOf(needed(answer.Plaintext), key),
        wrapped: wrappedBy(answer.KeyId, needed(answer.CiphertextBlob)),
      };
    },
    makeWrappedKey: async (context) => {
      const request = { KeyId: key, KeySpec: 'AES_256', EncryptionContext: contextOf(context) } as const;
      const answer = await ask((kms, options) => kms.generateDataKeyWithoutPlaintext(request, options));
      return wrappedBy(answer.KeyId, needed(answer.CiphertextBlob));
    },
    openKey: async (wrapped, context) => {
      const stored = readWrapped(wrapped, context.epoch, key);
      const request = {
        KeyId: keyOf(stored, key),
        CiphertextBlob: stored.ciphertext,
        EncryptionContext: contextOf(context),
      };
      const answer = await ask((kms, options) => kms.decrypt(request, options), context.epoch);
      const secret = secretOf(needed(answer.Plaintext), key);
      if (!isOf(stored, answer.KeyId)) throw damaged(context, key);
      return secret;
    },
    rewrapKey: async (wrapped, context) => {
      const stored = readWrapped(wrapped, context.epoch, key);
      const request = {
        SourceKeyId: keyOf(stored, key),
        DestinationKeyId: key,
        CiphertextBlob: stored.ciphertext,
        SourceEncryptionContext: contextOf(context),
        DestinationEncryptionContext: contextOf(context),
      };
      const answer = await ask((kms, options) => kms.reEncrypt(request, options), context.epoch);
      if (!isOf(stored, answer.SourceKeyId)) throw damaged(context, key);
      return wrappedBy(answer.KeyId, needed(answer.CiphertextBlob));
    },
    close: () => {
      client.close();
      return Promise.resolve();
    },
  };
}

const contextOf = ({ vault, epoch }: EpochContext): Record<string, string> => ({
  'lethe:vault': vault,
  'lethe:epoch': epoch,
});

/** A copy that can be wiped; the SDK's own is wiped here. */
function secretOf(plaintext: Uint8Array, key: string): Buffer {
  const secret = Buffer.from(plaintext);
  plaintext.fill(0);
  if (secret.length !== KEY_BYTES) throw unavailable(key, 'its answer is no key of 256 bits');
  return secret;
}

const damaged = ({ epoch }: EpochContext, key: string): LetheError =>
  new LetheError('key_damaged', { key: epoch, epoch: key });
const unavailable = (key: string, reason: string): LetheError =>
  new LetheError('key_service_unavailable', { key, reason });
