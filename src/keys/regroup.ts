/** A piece of a certain size, or the rest. */
export interface Group {
  readonly bytes: Buffer;
  readonly isLast: boolean;
}

/** How many groups there are: one at least, because an empty value has a last group too. */
export const groupsIn = (length: number, size: number): number => Math.max(1, Math.ceil(length / size));

/** The bytes in groups of a size, the last one shorter; not copied. */
export function* groupsOf(bytes: Buffer, size: number): Generator<Group, void, undefined> {
  const last = groupsIn(bytes.length, size) - 1;
  for (let n = 0; n <= last; n += 1)
    yield { bytes: bytes.subarray(n * size, (n + 1) * size), isLast: n === last };
}

/**
 * The same of what flows by in pieces of any size, the first group in a size of its own. A group is known to be the last one only
 * when nothing follows, so a full one waits for the next piece. Every group stands in the same memory as the one before.
 */
export async function* regrouped(
  source: AsyncIterable<Uint8Array>,
  firstSize: number,
  size: number,
): AsyncGenerator<Group, void, undefined> {
  const group = Buffer.allocUnsafeSlow(Math.max(firstSize, size));
  let wanted = firstSize;
  let filled = 0;
  for await (const piece of source)
    for (let at = 0; at < piece.length;) {
      if (filled === wanted) {
        yield { bytes: group.subarray(0, filled), isLast: false };
        [wanted, filled] = [size, 0];
      }
      const taken = piece.subarray(at, at + wanted - filled);
      group.set(taken, filled);
      filled += taken.length;
      at += taken.length;
    }
  yield { bytes: group.subarray(0, filled), isLast: true };
}
