import { randomBytes } from 'node:crypto';
import { invalid, type Binding } from './binding.js';
import { ChunkCipher } from './chunk-cipher.js';
import { bytesOf, HEAD_BYTES, headerOf, SEED_BYTES, TAG_BYTES } from './header.js';
import type { OpenKey } from './key.js';
import { groupsIn, groupsOf, regrouped } from './regroup.js';

/**
 * A large value in chunks, each authenticated before it is given out:
 *
 *     magic "LK" · version 1 · format 2 · key id (16) · salt (16) · prefix (7) · chunks
 *     chunk = ciphertext (65536; of the last one 0 to 65536) · tag (16)
 *
 * As Tink's AES-GCM-HKDF streaming AEAD, which follows the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár (Online
 * Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance, CRYPTO 2015): every value has a key of its own, HKDF-SHA-256
 * (RFC 5869) of the data key with the salt and info = header · SHA-256(binding), and the nonce of a chunk is prefix · number (4,
 * big-endian) · 1 for the last chunk, 0 for others. So no chunk can be left out, moved, doubled, or taken for the last one.
 * The binding is hashed because OpenSSL takes no info above 1024 bytes; Tink's first chunk is shorter by the header, ours is not.
 */

export const CHUNK_BYTES = 64 * 1024;
const SEALED_BYTES = CHUNK_BYTES + TAG_BYTES;
const FORMAT = 2;
const BODY_AT = HEAD_BYTES + SEED_BYTES[FORMAT];

/**
 * Encrypts what flows by, in constant memory. The data key is used when this is called, not later.
 * @throws LetheError `key_let_go`, at once
 */
export function encryptChunked(
  key: OpenKey,
  binding: Binding,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer, void, undefined> {
  const header = newHeader(key);
  return sealed(header, new ChunkCipher(key, binding, header), source);
}

async function* sealed(
  header: Buffer,
  cipher: ChunkCipher,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield header;
    for await (const { bytes, isLast } of regrouped(source, CHUNK_BYTES, CHUNK_BYTES))
      yield Buffer.concat(cipher.seal(bytes, isLast));
  } finally {
    cipher.wipe();
  }
}

/**
 * Decrypts what flows by, in constant memory, and yields nothing that was not authenticated. What came so far is only the
 * beginning: that the rest was not cut off is known at the end, so nobody acts on it before then.
 * @throws LetheError `envelope_invalid`, `key_let_go`; also after chunks were yielded
 */
export async function* decryptChunked(
  key: OpenKey,
  binding: Binding,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer, void, undefined> {
  let cipher: ChunkCipher | null = null;
  try {
    for await (const { bytes, isLast } of regrouped(source, BODY_AT, SEALED_BYTES)) {
      if (cipher) yield cipher.open(bytes, isLast);
      else cipher = cipherUnder(key, binding, bytes, isLast);
    }
  } finally {
    cipher?.wipe();
  }
}

/**
 * The same of what is in memory as a whole.
 * @param seed salt and prefix, for known answers alone
 * @throws LetheError `key_let_go`
 */
export function encryptChunks(key: OpenKey, binding: Binding, plain: Uint8Array, seed?: Uint8Array): Buffer {
  const header = newHeader(key, seed);
  const cipher = new ChunkCipher(key, binding, header);
  const tags = TAG_BYTES * groupsIn(plain.length, CHUNK_BYTES);
  const whole = Buffer.allocUnsafe(BODY_AT + plain.length + tags);
  let at = header.copy(whole);
  for (const { bytes, isLast } of groupsOf(bytesOf(plain), CHUNK_BYTES))
    for (const part of cipher.seal(bytes, isLast)) at += part.copy(whole, at);
  cipher.wipe();
  return whole;
}

/**
 * The same of what is in memory as a whole: all of it or nothing.
 * @throws LetheError `envelope_invalid`, `key_let_go`
 */
export function decryptChunks(key: OpenKey, binding: Binding, envelope: Uint8Array): Buffer {
  const bytes = bytesOf(envelope);
  const body = bytes.subarray(BODY_AT);
  const cipher = cipherUnder(key, binding, bytes.subarray(0, BODY_AT), body.length === 0);
  try {
    const plain = Buffer.allocUnsafe(plainLength(bytes.length));
    let at = 0;
    for (const { bytes: chunk, isLast } of groupsOf(body, SEALED_BYTES))
      at += cipher.open(chunk, isLast).copy(plain, at);
    return plain;
  } finally {
    cipher.wipe();
  }
}

/** How many bytes a value in chunks of this many bytes has. */
export function plainLength(stored: number): number {
  const body = stored - BODY_AT;
  return Math.max(0, body - TAG_BYTES * groupsIn(body, SEALED_BYTES));
}

const newHeader = (key: OpenKey, seed: Uint8Array = randomBytes(SEED_BYTES[FORMAT])): Buffer =>
  headerOf(FORMAT, key.id, seed);

/** @param isCutShort nothing follows the header */
function cipherUnder(key: OpenKey, binding: Binding, header: Buffer, isCutShort: boolean): ChunkCipher {
  if (isCutShort || header.length < BODY_AT) throw invalid(binding, 'it was cut short');
  if (!headerOf(FORMAT, key.id, header.subarray(HEAD_BYTES)).equals(header))
    throw invalid(binding, 'it is no value in chunks, or of another key');
  return new ChunkCipher(key, binding, header);
}
