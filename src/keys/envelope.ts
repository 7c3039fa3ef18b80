import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { boundTo, invalid, type Binding } from './binding.js';
import { bytesOf, formatOf, HEAD_BYTES, headerOf, keyIdOf, SEED_BYTES, TAG_BYTES } from './header.js';
import { secretOf, type OpenKey } from './key.js';
import { decryptChunks, encryptChunks } from './stream.js';

export { invalid, type Binding } from './binding.js';
export { keyIdOf, MAGIC } from './header.js';

/**
 * An encrypted value (AES-256-GCM, NIST SP 800-38D):
 *
 *     magic "LK" · version 1 · format 1 · key id (16) · nonce (12) · ciphertext · tag (16)
 *
 * Header and binding are authenticated. In text columns it stands as `lk1.` and base64url without padding. Bytes of more than
 * CHUNKED_ABOVE are stored in format 2, in chunks (stream.ts): encryptBytes chooses, decryptValue and keyIdOf know both.
 */

export const TEXT_PREFIX = 'lk1.';
/** 1 MiB: below, chunks are no use. */
export const CHUNKED_ABOVE = 1024 * 1024;
const FORMAT = 1;
const NONCE_BYTES = SEED_BYTES[FORMAT];
const BODY_AT = HEAD_BYTES + NONCE_BYTES;
const ALGORITHM = 'aes-256-gcm';

/** What is stored in a bytes column: one message, or chunks when it is large. Throws as encryptValue. */
export const encryptBytes = (key: OpenKey, binding: Binding, plain: Uint8Array): Buffer =>
  plain.length > CHUNKED_ABOVE ? encryptChunks(key, binding, plain) : encryptValue(key, binding, plain);

/**
 * @param nonce for known answers alone; a nonce used twice with one key gives the plaintext away
 * @throws LetheError `key_let_go`
 */
export function encryptValue(
  key: OpenKey,
  binding: Binding,
  plain: Uint8Array,
  nonce: Uint8Array = randomBytes(NONCE_BYTES),
): Buffer {
  const header = headerOf(FORMAT, key.id, nonce);
  const cipher = createCipheriv(ALGORITHM, secretOf(key), nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.concat([header, boundTo(binding)]));
  return Buffer.concat([header, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/**
 * The value, when the envelope is whole, of this key, and of this place.
 * @throws LetheError `envelope_invalid`, which names the place and no value; `key_let_go`
 */
export function decryptValue(key: OpenKey, binding: Binding, envelope: Uint8Array): Buffer {
  const format = formatOf(envelope);
  if (format === null)
    throw invalid(binding, 'it is no envelope, or cut short, or of a newer version of Lethe');
  if (keyIdOf(envelope) !== key.id) throw invalid(binding, 'it is of another key');
  return format === FORMAT
    ? decryptMessage(key, binding, bytesOf(envelope))
    : decryptChunks(key, binding, envelope);
}

function decryptMessage(key: OpenKey, binding: Binding, bytes: Buffer): Buffer {
  const header = bytes.subarray(0, BODY_AT);
  const decipher = createDecipheriv(ALGORITHM, secretOf(key), header.subarray(HEAD_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.concat([header, boundTo(binding)]));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    const plain = decipher.update(bytes.subarray(BODY_AT, -TAG_BYTES));
    decipher.final(); // gives nothing more in this mode, and throws where the tag does not fit
    return plain;
  } catch {
    throw invalid(binding, 'it was changed, or it stands in a place that is not its own');
  }
}

/** As it stands in a text column. */
export const envelopeText = (envelope: Uint8Array): string =>
  `${TEXT_PREFIX}${bytesOf(envelope).toString('base64url')}`;

const TEXT = /^lk1\.[A-Za-z0-9_-]+$/;

/** The bytes of what stands in a text column; null: it is no envelope, spelled as one is. */
export function envelopeBytes(text: string): Buffer | null {
  if (!TEXT.test(text)) return null;
  const bytes = Buffer.from(text.slice(TEXT_PREFIX.length), 'base64url');
  // base64 has several spellings of one value; only ours is read
  return envelopeText(bytes) === text ? bytes : null;
}
