/** Asks once for everything that is asked for in one turn of the event loop: a page of rows asks for its keys one by one. */
export function gathered<K, V>(
  ask: (keys: readonly K[]) => Promise<ReadonlyMap<K, V>>,
): (keys: readonly K[]) => Promise<ReadonlyMap<K, V>> {
  let waiting: { readonly keys: Set<K>; readonly answer: Promise<ReadonlyMap<K, V>> } | undefined;
  return async (keys) => {
    if (waiting === undefined) {
      const wanted = new Set<K>();
      const answer = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
        waiting = undefined;
        return ask([...wanted]);
      });
      waiting = { keys: wanted, answer };
    }
    const { answer } = waiting;
    for (const key of keys) waiting.keys.add(key);
    const found = await answer;
    return new Map(keys.flatMap((key) => entryOf(found, key)));
  };
}

function entryOf<K, V>(found: ReadonlyMap<K, V>, key: K): [K, V][] {
  const value = found.get(key);
  return value === undefined ? [] : [[key, value]];
}
