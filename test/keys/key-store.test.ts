import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { Instant } from '../../src/core/instant.js';
import type { WrappedKey } from '../../src/keys/key-store.js';
import { bothKeyPlaces } from '../support/key-places.js';
import { rejection } from '../support/rejection.js';
import { AT, begun, idsOf, keysOf, LATER, pagedCount, underNew } from '../support/stored-keys.js';

bothKeyPlaces('the vault’s keys', (current) => {
  it('are found as they were stored, by whoever opens the vault', async () => {
    const store = await current().open();
    const epoch = await begun(store);
    const keys = [...keysOf(epoch, 3, 'subject'), ...keysOf(epoch, 2, 'suppression')];
    expect(await store.add(keys)).to.equal(true);
    const found = await (await current().open()).find([...idsOf(keys), randomUUID()]);
    expect([...found.keys()].sort()).to.deep.equal(idsOf(keys).sort());
    for (const key of keys) {
      const { wrapped, ...rest } = found.get(key.id) ?? { wrapped: Buffer.alloc(0) };
      expect({ ...rest, wrapped: Buffer.from(wrapped) }).to.deep.equal(key);
    }
  });

  it('come under the current epoch alone, and none of them where one does not', async () => {
    const store = await current().open();
    expect(await store.add(keysOf(randomUUID(), 1))).to.equal(false);
    const first = await begun(store);
    const second = await begun(store, first);
    const late = keysOf(first, 2);
    expect(await store.add(late)).to.equal(false);
    expect(await store.add(keysOf(second, 1))).to.equal(true);
    expect((await store.find(idsOf(late))).size).to.equal(0);
    expect(await store.add([])).to.equal(true);
  });

  it('are gone when they were destroyed, which is remembered with the first time of it, also of those that were never there', async () => {
    const store = await current().open();
    const epoch = await begun(store);
    const keys = keysOf(epoch, 3);
    await store.add(keys);
    const [one, two, three] = idsOf(keys) as [string, string, string];
    const never = randomUUID();
    await store.destroy([one, never, one], AT);
    await store.destroy([one, two], LATER);
    expect([...(await store.find(idsOf(keys))).keys()]).to.deep.equal([three]);
    expect(new Map(await store.destroyed([one, two, three, never]))).to.deep.equal(
      new Map([
        [one, AT],
        [two, LATER],
        [never, AT],
      ]),
    );
    expect(await store.firstDestroyed(AT)).to.equal(AT);
    expect(await store.firstDestroyed('2026-11-21T00:00:00.000001Z' as Instant)).to.equal(LATER);
    expect(await store.firstDestroyed('2026-11-23T00:00:00.000000Z' as Instant)).to.equal(null);
    expect(await store.counts()).to.deep.equal([{ epoch, use: 'ticket', count: 1 }]);
  });

  it('tell others what was destroyed since they last asked', async () => {
    const store = await current().open();
    const ids = [randomUUID(), randomUUID(), randomUUID()].sort();
    expect(await store.destroyedSince(0)).to.deep.equal({ ids: [], position: 0 });
    expect(await store.lastDestroyed()).to.equal(0);
    await store.destroy(ids.slice(0, 1), AT);
    const first = await store.destroyedSince(0);
    expect(first.ids).to.deep.equal(ids.slice(0, 1));
    await store.destroy(ids, LATER);
    const then = await store.destroyedSince(first.position);
    expect([...then.ids].sort()).to.deep.equal(ids.slice(1));
    expect(await store.destroyedSince(then.position)).to.deep.equal({ ids: [], position: then.position });
    expect(await store.lastDestroyed()).to.equal(then.position);
  });

  it('are paged through in the order of their ids, one epoch’s at a time', async () => {
    const store = await current().open();
    const first = await begun(store);
    const old = keysOf(first, 25);
    await store.add(old);
    const second = await begun(store, first);
    await store.add(keysOf(second, 10));
    const one = await store.page(first, null, 20);
    const two = await store.page(first, one.at(-1)?.id ?? null, 20);
    expect(idsOf([...one, ...two])).to.deep.equal(idsOf(old));
    expect(await store.page(first, two.at(-1)?.id ?? null, 20)).to.deep.equal([]);
    expect(await store.page(randomUUID(), null, 20)).to.deep.equal([]);
  });

  it('are moved to the current epoch; what was destroyed or moved meanwhile is left alone', async () => {
    const store = await current().open();
    const first = await begun(store);
    const keys = keysOf(first, 4);
    await store.add(keys);
    const second = await begun(store, first);
    const moved = underNew(keys, second);
    await store.destroy(idsOf(keys.slice(0, 1)), AT);
    expect(await store.rewrap(moved.slice(1, 2), first)).to.equal(1);
    expect(await store.rewrap(underNew(keys, second), first)).to.equal(2);
    const found = await store.find(idsOf(keys));
    expect([...found.keys()].sort()).to.deep.equal(idsOf(keys.slice(1)));
    expect([...found.values()].map(({ epoch }) => epoch)).to.deep.equal([second, second, second]);
    expect(Buffer.from(found.get(keys[1]?.id ?? '')?.wrapped ?? [])).to.deep.equal(
      Buffer.from(moved[1]?.wrapped ?? []),
    );
    expect(await store.counts()).to.deep.equal([{ epoch: second, use: 'ticket', count: 3 }]);
  });

  it('are not moved into an epoch that is being left: it could count as empty a moment later', async () => {
    const store = await current().open();
    const first = await begun(store);
    const keys = keysOf(first, 2);
    await store.add(keys);
    const second = await begun(store, first);
    await begun(store, second);
    expect(await store.rewrap(underNew(keys, second), first)).to.equal(0);
    expect(await store.emptied(second, AT)).to.equal(true);
    expect([...(await store.find(idsOf(keys))).values()].map(({ epoch }) => epoch)).to.deep.equal([
      first,
      first,
    ]);
  });

  it('have one current epoch, which the next one takes the place of', async () => {
    const store = await current().open();
    const first = await begun(store);
    expect(await store.beginEpoch(randomUUID(), null, AT)).to.equal(false);
    expect(await store.beginEpoch(randomUUID(), randomUUID(), AT)).to.equal(false);
    const second = await begun(store, first, LATER);
    expect(await store.beginEpoch(randomUUID(), first, AT)).to.equal(false);
    expect(await store.epochs()).to.deep.equal([
      { id: second, state: 'current', since: LATER, emptiedAt: null },
      { id: first, state: 'leaving', since: AT, emptiedAt: null },
    ]);
  });

  it('let an epoch be empty when nothing is under it, and only an empty one be forgotten', async () => {
    const store = await current().open();
    const first = await begun(store);
    const keys = keysOf(first, 1);
    await store.add(keys);
    expect(await store.emptied(first, AT)).to.equal(false);
    const second = await begun(store, first);
    expect(await store.emptied(first, AT)).to.equal(false);
    await store.forgetEpoch(first);
    await store.rewrap(underNew(keys, second), first);
    expect(await store.emptied(first, LATER)).to.equal(true);
    expect(await store.emptied(first, AT)).to.equal(true);
    expect((await store.epochs())[1]).to.deep.equal({
      id: first,
      state: 'empty',
      since: AT,
      emptiedAt: LATER,
    });
    await store.forgetEpoch(first);
    await store.forgetEpoch(second);
    expect(idsOf(await store.epochs())).to.deep.equal([second]);
  });

  it('have versions of named keys, each number once', async () => {
    const store = await current().open();
    const epoch = await begun(store);
    const [one, two, three] = keysOf(epoch, 3, 'index') as [WrappedKey, WrappedKey, WrappedKey];
    const version = (number: number, { id }: WrappedKey) =>
      ({ use: 'index', version: number, id, since: AT }) as const;
    expect(await store.addNamed(version(1, one), { ...one, epoch: randomUUID() })).to.equal(false);
    expect(await store.named('index')).to.deep.equal([]);
    expect(await store.addNamed(version(1, one), one)).to.equal(true);
    expect(await store.addNamed(version(1, two), two)).to.equal(false);
    expect((await store.find([two.id])).size).to.equal(0);
    expect(await store.addNamed(version(2, two), two)).to.equal(true);
    expect(await store.named('index')).to.deep.equal([version(2, two), version(1, one)]);
    expect(await store.named('suppression')).to.deep.equal([]);
    await store.dropNamed('index', 2, LATER);
    await store.dropNamed('index', 7, LATER);
    expect(await store.named('index')).to.deep.equal([version(1, one)]);
    expect(await store.addNamed(version(2, three), three)).to.equal(false);
    expect([...(await store.find(idsOf([one, two, three]))).keys()]).to.deep.equal([one.id]);
    expect((await store.destroyed([two.id])).get(two.id)).to.equal(LATER);
  });

  it('are refused when the vault is closed, and stay open for whoever else has it open here', async () => {
    const [one, two] = [await current().open(), await current().open()];
    const epoch = await begun(one);
    await one.close();
    await one.close();
    expect(await rejection(one.find([randomUUID()]))).to.include({ code: 'vault_unreadable' });
    expect(await rejection(one.add(keysOf(epoch, 1)))).to.include({ code: 'vault_unreadable' });
    expect(await two.add(keysOf(epoch, 1))).to.equal(true);
    await two.close();
    expect(await pagedCount(await current().open(), epoch)).to.equal(1);
  });
});
