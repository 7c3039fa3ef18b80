/** Bytes that flow by in pieces of any size; can be read once. */
export type Pieces = AsyncIterable<Uint8Array>;

/**
 * A piece, and what follows it. Not a generator: one that nobody has begun to read would not end what it reads from.
 */
export function joined(first: Uint8Array, rest: Pieces): Pieces {
  const following = rest[Symbol.asyncIterator]();
  let isFirst = true;
  const all: AsyncIterableIterator<Uint8Array> = {
    [Symbol.asyncIterator]: () => all,
    next: async () => {
      if (!isFirst) return following.next();
      isFirst = false;
      return { done: false, value: first };
    },
    return: async () => {
      await following.return?.();
      return { done: true, value: undefined };
    },
  };
  return all;
}

/** No pieces. */
export async function* none(): AsyncGenerator<Uint8Array, void, undefined> {
  // nothing flows by
}

/** All of them in memory. */
export async function collected(pieces: Pieces): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}
