import { collected, joined, none, type Pieces } from '../core/pieces.js';
import type { Queryable } from '../db/database.js';
import { formatOf } from '../keys/header.js';
import { decryptChunked, plainLength } from '../keys/stream.js';
import { decryptValues, keyOfValue, type ReadingContext, type StandingCache } from './decrypt-values.js';
import type { FlowingValue, PlainBytes } from './encryption.js';

const MESSAGE = 1;
const CHUNKED = 2;

/**
 * The bytes as they were before they were encrypted, as they flow by; one message is gathered first, because it is authenticated
 * as a whole. Throws as Encryption.decryptBytes.
 */
export async function decryptStream(
  context: ReadingContext,
  cache: StandingCache,
  { stored, size, rest }: FlowingValue,
  on: Queryable,
): Promise<PlainBytes> {
  const format = formatOf(stored.value);
  if (format === CHUNKED) {
    const found = await keyOfValue(context, cache, stored, on);
    if (found) {
      const plain = decryptChunked(found.key, found.binding, joined(stored.value, rest));
      return { size: plainLength(size), pieces: await begun(plain) };
    }
  }
  if (format === MESSAGE) {
    const value = await collected(joined(stored.value, rest));
    const [plain] = await decryptValues(context, cache, [{ ...stored, value }], on);
    const bytes = plain as Uint8Array;
    return { size: bytes.length, pieces: joined(bytes, none()) };
  }
  await decryptValues(context, cache, [stored], on); // refuses it where nothing may be in the clear
  return { size, pieces: joined(stored.value, rest) };
}

/** Its first piece is looked at now: what cannot be opened at all is refused before anybody is told that it begins. */
async function begun(pieces: AsyncGenerator<Uint8Array, void, undefined>): Promise<Pieces> {
  const first = await pieces.next();
  return first.done ? none() : joined(first.value, pieces);
}
