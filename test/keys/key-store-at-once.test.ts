import { expect } from 'chai';
import type { KeyStore } from '../../src/keys/key-store.js';
import { keyChild } from '../support/key-children.js';
import { bothKeyPlaces } from '../support/key-places.js';
import { rejection } from '../support/rejection.js';
import { AT, begun, idsOf, keysOf, pagedCount, underNew } from '../support/stored-keys.js';

bothKeyPlaces('the vault’s keys, when several are at them,', (current) => {
  it('lose none that is added while the epoch ends', async () => {
    const store = await current().open();
    const first = await begun(store);
    const batches = Array.from({ length: 20 }, () => keysOf(first, 5));
    const [second, ...added] = await Promise.all([
      begun(store, first),
      ...batches.map((keys) => store.add(keys)),
    ]);
    const stored = batches.filter((_, place) => added[place]).flat();
    expect(idsOf(await store.page(first, null, 1000))).to.deep.equal(idsOf(stored).sort());
    expect(await store.emptied(first, AT)).to.equal(stored.length === 0);
    expect(await store.rewrap(underNew(stored, second), first)).to.equal(stored.length);
    expect(await store.emptied(first, AT)).to.equal(true);
  });

  it('are destroyed and moved at the same time without a wait that never ends', async () => {
    const store = await current().open();
    const first = await begun(store);
    const keys = keysOf(first, 200);
    await store.add(keys);
    const second = await begun(store, first);
    const gone = idsOf(keys).filter((_, place) => place % 2 === 0);
    const moved = underNew(keys, second);
    await Promise.all([
      store.destroy(gone.toReversed(), AT),
      store.rewrap(moved, first),
      store.destroy(gone, AT),
      store.rewrap(moved.toReversed(), first),
    ]);
    expect((await store.find(gone)).size).to.equal(0);
    expect(await store.counts()).to.deep.equal([{ epoch: second, use: 'ticket', count: 100 }]);
    expect((await store.destroyedSince(0)).ids).to.have.length(100);
  });

  it('are one process’s alone for as long as it says, or lives', async () => {
    const store = await current().open();
    const other = await current().open();
    const order: string[] = [];
    await store.alone(async () => {
      order.push('first');
      expect(await rejection(other.alone(() => Promise.resolve()))).to.include({ code: 'rotation_running' });
      expect(await other.epochs()).to.deep.equal([]);
    });
    await other.alone(() => Promise.resolve(order.push('second')));
    expect(order).to.deep.equal(['first', 'second']);
    const failed = rejection(store.alone(() => Promise.reject(new RangeError('its own'))));
    expect(await failed).to.be.instanceOf(RangeError);

    const child = keyChild('hold', current().place);
    await child.hasSaid(1);
    expect(await rejection(store.alone(() => Promise.resolve()))).to.include({ code: 'rotation_running' });
    await child.kill();
    expect(await untilAlone(store)).to.equal('alone');
  });

  it('are written by several processes at once; what a killed one had said is there', async () => {
    const { place, open } = current();
    const store = await open();
    const epoch = await begun(store);
    const children = [keyChild('add', place, epoch), keyChild('add', place, epoch)];
    await Promise.all(children.map((child) => child.hasSaid(15)));
    const mine = keysOf(epoch, 500);
    expect(await store.add(mine)).to.equal(true);
    for (const child of children) await child.kill();
    const said = children.flatMap((child) => child.said).flatMap((line) => line.split(' '));
    expect(said.length).to.be.at.least(3000);
    expect((await store.find([...said, ...idsOf(mine)])).size).to.equal(said.length + 500);
    expect(await store.add(keysOf(epoch, 1))).to.equal(true);
    const [{ count } = { count: 0 }] = await store.counts();
    expect((count - 501) % 100).to.equal(0);
    expect(await pagedCount(store, epoch)).to.equal(count);
  });

  it('have one first epoch, however many processes begin', async () => {
    const { place, open } = current();
    const children = [keyChild('begin', place), keyChild('begin', place)];
    await Promise.all(children.map(({ ended }) => ended));
    const winners = children.flatMap(({ said }) => said).filter((line) => line !== 'another was first');
    expect(idsOf(await (await open()).epochs())).to.deep.equal(winners);
  });
});

/** A server notices a moment later that the other end of a connection is gone. */
async function untilAlone(store: KeyStore): Promise<string> {
  for (let turn = 1; ; turn += 1) {
    try {
      return await store.alone(() => Promise.resolve('alone'));
    } catch (error) {
      if (turn === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
