import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { canonicalJson } from '../core/canonical-json.js';
import { LetheError } from '../core/errors.js';
import { bytesOf } from './header.js';
import { KEY_BYTES, secretOf, type KeyId, type KeyUse, type OpenKey } from './key.js';
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

/**
 * The key under its epoch's: nonce (12) · ciphertext (32) · tag (16), AES-256-GCM (NIST SP 800-38D).
 * @param nonce for known answers alone
 * @throws LetheError `key_let_go` when either key is wiped already
 */
export function wrapKey(
  epochSecret: Buffer,
  binding: WrapBinding,
  secret: Buffer,
  nonce: Uint8Array = randomBytes(NONCE_BYTES),
): Buffer {
  if (secret.length !== KEY_BYTES) throw new TypeError('a key has 256 bits');
  const epoch = secretOf({ id: binding.epoch, secret: epochSecret });
  const cipher = createCipheriv(ALGORITHM, epoch, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(boundTo(binding));
  const sealed = cipher.update(secretOf({ id: binding.id, secret }));
  return Buffer.concat([nonce, sealed, cipher.final(), cipher.getAuthTag()]);
}

/** @throws LetheError `key_damaged` for anything but what wrapKey made of this binding; `key_let_go` */
export function unwrapKey(epochSecret: Buffer, binding: WrapBinding, wrapped: Uint8Array): OpenKey {
  const bytes = bytesOf(wrapped);
  const damaged = { key: binding.id, epoch: binding.epoch };
  if (bytes.length !== NONCE_BYTES + KEY_BYTES + TAG_BYTES) throw new LetheError('key_damaged', damaged);
  const epoch = secretOf({ id: binding.epoch, secret: epochSecret });
  const decipher = createDecipheriv(ALGORITHM, epoch, bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(boundTo(binding));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  // in memory of its own, and the only copy: not of the pool, which others are handed slices of
  const secret = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
  try {
    decipher.final();
  } catch {
    secret.fill(0);
    throw new LetheError('key_damaged', damaged);
  }
  return { id: binding.id, secret };
}

const boundTo = ({ id, use, epoch }: WrapBinding): Buffer =>
  Buffer.from(canonicalJson(['lethe/key/1', id, use, epoch]));
