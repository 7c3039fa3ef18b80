import { randomBytes, randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { Instant } from '../../src/core/instant.js';
import type { KeyStore, WrappedKey } from '../../src/keys/key-store.js';
import type { KeyUse } from '../../src/keys/key.js';

export const AT = '2026-11-21T00:00:00.000000Z' as Instant;
export const LATER = '2026-11-22T00:00:00.000001Z' as Instant;

/** Wrapped keys with ids in their order; nothing could open them. */
export const keysOf = (epoch: string, count: number, use: KeyUse = 'ticket'): readonly WrappedKey[] =>
  Array.from({ length: count }, () => ({ id: randomUUID(), use, epoch, wrapped: randomBytes(60) })).sort(
    (a, b) => (a.id < b.id ? -1 : 1),
  );

export const idsOf = (keys: Iterable<{ readonly id: string }>): string[] => [...keys].map(({ id }) => id);

export async function begun(store: KeyStore, instead: string | null = null, at = AT): Promise<string> {
  const epoch = randomUUID();
  expect(await store.beginEpoch(epoch, instead, at)).to.equal(true);
  return epoch;
}

export const underNew = (keys: readonly WrappedKey[], epoch: string): readonly WrappedKey[] =>
  keys.map((key) => ({ ...key, epoch, wrapped: randomBytes(60) }));

/** Keys under an epoch, counted page by page. */
export async function pagedCount(store: KeyStore, epoch: string): Promise<number> {
  let count = 0;
  let after: string | null = null;
  for (;;) {
    const page: readonly WrappedKey[] = await store.page(epoch, after, 1000);
    count += page.length;
    after = page.at(-1)?.id ?? null;
    if (after === null) return count;
  }
}
