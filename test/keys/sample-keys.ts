import { randomBytes, randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { LetheError } from '../../src/core/errors.js';
import type { Binding } from '../../src/keys/binding.js';
import { KEY_BYTES, type OpenKey } from '../../src/keys/key.js';

export const newKey = (id: string = randomUUID()): OpenKey => ({ id, secret: randomBytes(KEY_BYTES) });

export const PLACE: Binding = { map: 'native', table: 'message', column: 'body', row: '42' };

/** Places that differ from PLACE in one thing, and one whose parts run together as PLACE's do. */
export const OTHER_PLACES: readonly Binding[] = [
  { ...PLACE, map: 'request-tracker' },
  { ...PLACE, table: 'comment' },
  { ...PLACE, column: 'subject' },
  { ...PLACE, row: '43' },
  { ...PLACE, column: 'bod', row: 'y42' },
];

/** The code of the LetheError that it must throw; a value it returned, or another error, fails the test. */
export function codeOf(work: () => unknown): string {
  try {
    expect.fail(`it gave ${String(work())}`);
  } catch (error) {
    if (error instanceof LetheError) return error.code;
    throw error;
  }
}
