import type { Value } from '../../src/encryption/encryption.js';
import { envelopeBytes, envelopeText } from '../../src/keys/envelope.js';
import { flipped } from '../support/flipped.js';

/** The envelope of `one` with the key id of `other` in its header. */
export function withKeyOf(one: Value, other: Value): string {
  const [bytes, theirs] = [one, other].map((value) => Buffer.from(envelopeBytes(String(value)) ?? []));
  theirs?.copy(bytes ?? Buffer.alloc(0), 4, 4, 20);
  return envelopeText(bytes ?? Buffer.alloc(0));
}

export const flippedOf = (bytes: Uint8Array): readonly Buffer[] =>
  Array.from({ length: bytes.length * 8 }, (_, bit) => flipped(bytes, bit));

/** Other characters that decode to the same bytes: the bits that the last one does not use, or another alphabet. */
export function respelled(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const bytes = Buffer.from(text.slice(4), 'base64url');
  const other = alphabet
    .split(/(?=.)/)
    .map((last) => text.slice(0, -1) + last)
    .find((spelled) => spelled !== text && Buffer.from(spelled.slice(4), 'base64url').equals(bytes));
  return other ?? `${text}==`;
}
