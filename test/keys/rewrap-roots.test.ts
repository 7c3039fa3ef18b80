import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { rewrapEpochs } from '../../src/encryption/rewrap-epochs.js';
import type { KeyStore } from '../../src/keys/key-store.js';
import type { OpenKey } from '../../src/keys/key.js';
import type { Keys } from '../../src/keys/keys.js';
import { rewrapRoots } from '../../src/keys/rewrap-roots.js';
import { rotateEpoch } from '../../src/keys/rotate-epoch.js';
import { bothKeyPlaces } from '../support/key-places.js';
import { rejection } from '../support/rejection.js';
import { makeRings, NOW, type Rings } from '../support/rings.js';

import { day, expectReadableIn, idsOf } from './rotated-keys.js';

bothKeyPlaces('a rotation', (current) => {
  let rings: Rings;
  let store: KeyStore;
  let keys: Keys;
  beforeEach(async () => {
    rings = await makeRings();
    store = await current().open();
    keys = rings.keys(store);
  });
  afterEach(() => rings.drop());

  const expectReadable = (made: readonly OpenKey[]): Promise<void> => expectReadableIn(rings, store, made);

  it('of the root key leaves epochs and keys as they are', async () => {
    const made = await keys.keyring.make('ticket', 3);
    await rotateEpoch(keys, { at: day(1) });
    const before = new Map((await keys.epochs.all()).map(({ id, wrapped }) => [id, Buffer.from(wrapped)]));
    const done = await rewrapRoots(keys);
    expect(done).to.deep.equal(idsOf(await store.epochs()));
    expect(rings.provider.asked.rewrapKey).to.equal(2);
    for (const { id, wrapped } of await keys.epochs.all())
      expect(before.get(id)?.equals(Buffer.from(wrapped))).to.equal(false);
    await expectReadable(made);
    const [lost = '', empty = ''] = done;
    await keys.epochs.remove(empty);
    expect(await rewrapRoots(keys)).to.deep.equal(done);
    await keys.epochs.remove(lost);
    expect(await rejection(rewrapRoots(keys))).to.deep.include({
      code: 'epoch_lost',
      details: { epoch: lost, place: keys.epochs.place },
    });
    expect(idsOf(await keys.epochs.all())).not.to.include(lost);
  });

  it('of the root key brings no epoch’s key back that was removed meanwhile', async () => {
    await keys.keyring.make('ticket', 1);
    const [stored] = await keys.epochs.all();
    if (stored === undefined) throw new Error('no epoch');
    const slow = {
      ...keys.provider,
      rewrapKey: async (...asked: Parameters<typeof keys.provider.rewrapKey>) => {
        await keys.epochs.remove(stored.id);
        return keys.provider.rewrapKey(...asked);
      },
    };
    await rewrapRoots({ ...keys, provider: slow });
    expect(await keys.epochs.all()).to.deep.equal([]);
  });

  it('of the root key leaves alone what another installation keeps in the same place', async () => {
    await keys.keyring.make('ticket', 1);
    const foreign = randomUUID();
    const wrapped = await keys.provider.makeWrappedKey({ epoch: foreign, vault: randomUUID() });
    await keys.epochs.put({ id: foreign, wrapped, madeAt: NOW });
    expect(await rewrapEpochs(keys)).to.deep.equal({ epochs: 1 });
    const left = (await keys.epochs.all()).find(({ id }) => id === foreign);
    expect(Buffer.from(left?.wrapped ?? []).equals(wrapped)).to.equal(true);
  });
});
