import { randomBytes } from 'node:crypto';

const ALPHABET = '23456789abcdefghjkmnpqrstuvwxyz'; // no characters that are read as another

/** A new id people can type: `plan-k7m2q9x4wd`, about 49 random bits after the prefix. */
export function newId(prefix: string): string {
  const letters = Array.from(randomBytes(40))
    .filter((byte) => byte < ALPHABET.length * 8)
    .slice(0, 10)
    .map((byte) => ALPHABET[byte % ALPHABET.length]);
  return letters.length === 10 ? `${prefix}-${letters.join('')}` : newId(prefix);
}
