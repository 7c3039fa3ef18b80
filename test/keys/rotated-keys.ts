import { expect } from 'chai';
import type { Instant } from '../../src/core/instant.js';
import type { KeyStore } from '../../src/keys/key-store.js';
import type { OpenKey } from '../../src/keys/key.js';
import { NOW, type Rings } from '../support/rings.js';

/** So many days after NOW. */
export const day = (n: number): Instant =>
  new Date(Date.parse(NOW) + n * 86_400_000).toISOString().replace('Z', '000Z') as Instant;

export const idsOf = (keys: readonly { readonly id: string }[]): string[] => keys.map(({ id }) => id);

export const statesOf = async (store: KeyStore): Promise<string[]> =>
  (await store.epochs()).map(({ state }) => state);

/** To another process, which opens them itself. */
export async function expectReadableIn(
  rings: Rings,
  store: KeyStore,
  made: readonly OpenKey[],
): Promise<void> {
  const opened = await rings.ring(store).open(idsOf(made));
  expect(made.filter(({ id, secret }) => opened.get(id)?.secret.equals(secret) !== true)).to.deep.equal([]);
}
