import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { canonicalJson } from '../core/canonical-json.js';
import { LetheError } from '../core/errors.js';
import type { KeyId, OpenKey } from './key.js';

/**
 * An encrypted value (AES-256-GCM, NIST SP 800-38D):
 *
 *     magic "LK" · version 1 · format 1 · key id (16) · nonce (12) · ciphertext · tag (16)
 *
 * Header and binding are authenticated. In text columns it stands as `lk1.` and base64url without padding.
 */

/** What a value belongs to besides its key: ids of the data map and the row's key, not SQL names, which change. */
export interface Binding {
  /** Id of the data map. */
  readonly map: string;
  readonly table: string;
  readonly column: string;
  /** The row's key as text. */
  readonly row: string;
}

export const TEXT_PREFIX = 'lk1.';
export const MAGIC = Buffer.from([0x4c, 0x4b, 0x01]);
const FORMAT = 1;
const ID_AT = MAGIC.length + 1;
const NONCE_AT = ID_AT + 16;
const NONCE_BYTES = 12;
const BODY_AT = NONCE_AT + NONCE_BYTES;
const TAG_BYTES = 16;
const ALGORITHM = 'aes-256-gcm';

/** @param nonce for known answers alone; a nonce used twice with one key gives the plaintext away */
export function encryptValue(
  { id, secret }: OpenKey,
  binding: Binding,
  plain: Uint8Array,
  nonce: Uint8Array = randomBytes(NONCE_BYTES),
): Buffer {
  const header = Buffer.concat([MAGIC, Buffer.from([FORMAT]), bytesOfId(id), nonce]);
  const cipher = createCipheriv(ALGORITHM, secret, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.concat([header, boundTo(binding)]));
  return Buffer.concat([header, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/**
 * The value, when the envelope is whole, of this key, and of this place.
 * @throws LetheError `envelope_invalid`, which names the place and no value
 */
export function decryptValue({ id, secret }: OpenKey, binding: Binding, envelope: Uint8Array): Buffer {
  const bytes = Buffer.from(envelope.buffer, envelope.byteOffset, envelope.byteLength);
  if (keyIdOf(bytes) !== id) throw invalid(binding, 'it is of another key');
  const header = bytes.subarray(0, BODY_AT);
  const body = bytes.subarray(BODY_AT, -TAG_BYTES);
  const decipher = createDecipheriv(ALGORITHM, secret, header.subarray(NONCE_AT), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.concat([header, boundTo(binding)]));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(body), decipher.final()]);
  } catch {
    throw invalid(binding, 'it was changed, or it stands in a place that is not its own');
  }
}

/** The key that a value was encrypted with; null: these bytes are no envelope of a kind known here. */
export function keyIdOf(envelope: Uint8Array): KeyId | null {
  const bytes = Buffer.from(envelope.buffer, envelope.byteOffset, envelope.byteLength);
  if (bytes.length < BODY_AT + TAG_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return null;
  if (bytes[MAGIC.length] !== FORMAT) return null;
  const hex = bytes.toString('hex', ID_AT, NONCE_AT);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** As it stands in a text column. */
export const envelopeText = (envelope: Uint8Array): string =>
  `${TEXT_PREFIX}${Buffer.from(envelope).toString('base64url')}`;

const TEXT = /^lk1\.[A-Za-z0-9_-]+$/;

/** The bytes of what stands in a text column; null: it is no envelope, spelled as one is. */
export function envelopeBytes(text: string): Buffer | null {
  if (!TEXT.test(text)) return null;
  const bytes = Buffer.from(text.slice(TEXT_PREFIX.length), 'base64url');
  // base64 has several spellings of one value; only ours is read
  return envelopeText(bytes) === text ? bytes : null;
}

const bytesOfId = (id: KeyId): Buffer => Buffer.from(id.replaceAll('-', ''), 'hex');

const boundTo = ({ map, table, column, row }: Binding): Buffer =>
  Buffer.from(canonicalJson(['lethe/value/1', map, table, column, row]));

export const invalid = ({ table, column, row }: Binding, reason: string): LetheError =>
  new LetheError('envelope_invalid', { place: `${table}.${column} of row ${row}`, reason });
