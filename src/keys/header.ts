import type { KeyId } from './key.js';

/** How every envelope begins: magic "LK" · version 1 · format · key id (16). What follows is the format's. */
export const MAGIC = Buffer.from([0x4c, 0x4b, 0x01]);
/** One message (envelope.ts), or chunks (stream.ts). */
export type Format = 1 | 2;
const ID_AT = MAGIC.length + 1;
/** Bytes of the beginning that all formats share. */
export const HEAD_BYTES = ID_AT + 16;
export const TAG_BYTES = 16;
/** Nonce; or salt and prefix of the nonces. */
export const SEED_BYTES: Readonly<Record<Format, number>> = { 1: 12, 2: 16 + 7 };
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** @throws TypeError for an id that is no UUID in lower case: nobody could find it again in the envelope */
export function headerOf(format: Format, id: KeyId, seed: Uint8Array): Buffer {
  if (!UUID.test(id)) throw new TypeError('the id of a key is a UUID in lower case');
  if (seed.length !== SEED_BYTES[format]) throw new TypeError(`format ${format} has another seed`);
  return Buffer.concat([MAGIC, Buffer.from([format]), Buffer.from(id.replaceAll('-', ''), 'hex'), seed]);
}

const beginsAsOurs = (bytes: Uint8Array): boolean => MAGIC.every((byte, at) => bytes[at] === byte);

/** The format of bytes that are an envelope by their beginning and long enough for one; null for all others. */
export function formatOf(envelope: Uint8Array): Format | null {
  const bytes = bytesOf(envelope);
  if (!beginsAsOurs(bytes)) return null;
  const format = bytes[MAGIC.length];
  if (format !== 1 && format !== 2) return null;
  return bytes.length < HEAD_BYTES + SEED_BYTES[format] + TAG_BYTES ? null : format;
}

/**
 * The key that a value was encrypted with; null: these bytes are no envelope of a kind known here. Of one that is streamed the
 * first 59 bytes are enough.
 */
export function keyIdOf(envelope: Uint8Array): KeyId | null {
  if (formatOf(envelope) === null) return null;
  const hex = bytesOf(envelope).toString('hex', ID_AT, HEAD_BYTES);
  const part = (from: number, to: number): string => hex.slice(from, to);
  return `${part(0, 8)}-${part(8, 12)}-${part(12, 16)}-${part(16, 20)}-${part(20, 32)}`;
}

/** The same bytes, not copied. */
export const bytesOf = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
