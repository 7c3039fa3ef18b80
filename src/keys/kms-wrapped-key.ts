import { LetheError } from '../core/errors.js';
import type { EpochId } from './epoch-store.js';

/** An epoch key as it is stored: version 1 · length of the id · id of the KMS key in ASCII · its ciphertext. */
export interface KmsWrappedKey {
  /** Id of the KMS key, without Region and account; empty: the service did not say. */
  readonly keyId: string;
  readonly ciphertext: Uint8Array;
}

const VERSION = 1;
const ID = /^[\w-]{0,128}$/;

/** @param answered the `KeyId` of an answer: an ARN, or an id; an alias would not tell which key it was */
export function wrappedBy(answered: string | undefined, ciphertext: Uint8Array): Buffer {
  const id = idIn(answered);
  return Buffer.concat([Buffer.from([VERSION, id.length]), Buffer.from(id, 'ascii'), ciphertext]);
}

const idIn = (answered = ''): string =>
  /^(?:arn:[^:]*:kms:[^:]*:[^:]*:key\/)?([\w-]{1,128})$/.exec(answered)?.[1] ?? '';

/** Whether an answer is of the key that was named: a service may take the name for a hint and look into the ciphertext alone. */
export function isOf({ keyId }: KmsWrappedKey, answered: string | undefined): boolean {
  const id = idIn(answered);
  return id === '' || keyId === '' || id === keyId;
}

/** @throws LetheError `key_damaged` for what wrappedBy did not make */
export function readWrapped(wrapped: Uint8Array, epoch: EpochId, key: string): KmsWrappedKey {
  const bytes = Buffer.from(wrapped.buffer, wrapped.byteOffset, wrapped.byteLength);
  const end = 2 + (bytes[1] ?? 0);
  const keyId = bytes.toString('ascii', 2, end);
  if (bytes[0] !== VERSION || bytes.length <= end || !ID.test(keyId))
    throw new LetheError('key_damaged', { key: epoch, epoch: key });
  return { keyId, ciphertext: bytes.subarray(end) };
}

/**
 * How to name the KMS key that wrapped something, when `configured` (id, alias or ARN) is the one in use. An alias may point to
 * another by now. Account and Region are those of the configuration, never what a file says: whoever can write that file could
 * name a key of their own. So a multi-Region key is found in each of its Regions under its one id.
 */
export function keyOf({ keyId }: KmsWrappedKey, configured: string): string {
  if (keyId === '') return configured;
  const arn = /^(arn:[^:]*:kms:[^:]*:[^:]*:)(?:key|alias)\//.exec(configured);
  return arn ? `${arn[1] ?? ''}key/${keyId}` : keyId;
}
