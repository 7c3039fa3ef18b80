import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.js';

/** SHA-256 in lower-case hex, 64 characters; text is hashed as UTF-8. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** The digest of what a value says, however its keys are ordered. Throws TypeError as `canonicalJson` does. */
export function digestOf(value: unknown): string {
  return sha256(canonicalJson(value));
}
