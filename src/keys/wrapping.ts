import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { canonicalJson } from '../core/canonical-json.js';
import { LetheError } from '../core/errors.js';
import type { KeyId, KeyUse, OpenKey } from './key.js';
import type { EpochId } from './epoch-store.js';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What a wrapped key is bound to: another key's place, use or epoch is refused. */
export interface WrapBinding {
  readonly id: KeyId;
  readonly use: KeyUse;
  readonly epoch: EpochId;
}

/** The key under its epoch's: nonce (12) · ciphertext (32) · tag (16), AES-256-GCM. */
export function wrapKey(epochSecret: Buffer, binding: WrapBinding, secret: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, epochSecret, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(boundTo(binding));
  return Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
}

/** @throws LetheError `key_damaged` for anything but what wrapKey made of this binding */
export function unwrapKey(epochSecret: Buffer, binding: WrapBinding, wrapped: Uint8Array): OpenKey {
  const bytes = Buffer.from(wrapped.buffer, wrapped.byteOffset, wrapped.byteLength);
  try {
    const decipher = createDecipheriv(ALGORITHM, epochSecret, bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(boundTo(binding));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    const secret = Buffer.concat([
      decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)),
      decipher.final(),
    ]);
    return { id: binding.id, secret };
  } catch {
    throw new LetheError('key_damaged', { key: binding.id, epoch: binding.epoch });
  }
}

const boundTo = ({ id, use, epoch }: WrapBinding): Buffer =>
  Buffer.from(canonicalJson(['lethe/key/1', id, use, epoch]));
