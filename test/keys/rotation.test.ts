import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import type { KeyStore } from '../../src/keys/key-store.js';
import type { OpenKey } from '../../src/keys/key.js';
import type { Keys } from '../../src/keys/keys.js';
import { keysInUse } from '../../src/keys/keys-status.js';
import { rotateEpoch, rotationDue, type RotationProgress } from '../../src/keys/rotate-epoch.js';
import { startChild, type KeyChild } from '../support/key-children.js';
import { bothKeyPlaces } from '../support/key-places.js';
import { rejection } from '../support/rejection.js';
import { makeRings, NOW, type Rings } from '../support/rings.js';

import { day, expectReadableIn, idsOf, statesOf } from './rotated-keys.js';

const SOAK = process.env['LETHE_SOAK'] !== undefined;

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

  const states = (): Promise<string[]> => statesOf(store);
  const expectReadable = (made: readonly OpenKey[]): Promise<void> => expectReadableIn(rings, store, made);

  it('puts every key under a new epoch, named ones too, and says how far it is', async () => {
    const made = [
      ...(await keys.keyring.make('subject', 1500)),
      ...(await keys.keyring.make('ticket', 1000)),
    ];
    const [named] = await keys.keyring.named('index');
    const said: RotationProgress[] = [];
    const rotation = await rotateEpoch(keys, { at: day(1), watch: (progress) => said.push(progress) });
    expect(rotation).to.deep.include({ moved: 2501 });
    expect(said).to.deep.equal([1000, 2000, 2501].map((moved) => ({ moved, total: 2501 })));
    const { epochs, uses, named: versions, toMove, strays } = await keysInUse(keys);
    expect(
      epochs.map(({ id, state, keys: count, isThere }) => ({ id, state, count, isThere })),
    ).to.deep.equal([
      { id: rotation.to, state: 'current', count: 2501, isThere: true },
      { id: rotation.from[0], state: 'empty', count: 0, isThere: true },
    ]);
    expect(epochs[0]?.since).to.equal(day(1));
    expect((epochs[1]?.emptiedAt ?? '') >= day(1)).to.equal(true);
    expect(uses).to.deep.equal([
      { use: 'index', count: 1 },
      { use: 'subject', count: 1500 },
      { use: 'ticket', count: 1000 },
    ]);
    expect([versions.length, toMove, strays]).to.deep.equal([1, null, 0]);
    await expectReadable([...made, ...(named === undefined ? [] : [named])]);
    expect((await keys.keyring.named('index'))[0]?.id).to.equal(named?.id);
  });

  it('of a vault without keys makes its first epoch', async () => {
    const { from, moved } = await rotateEpoch(keys, { at: NOW });
    expect([from, moved, await states()]).to.deep.equal([[], 0, ['current']]);
    await expectReadable(await rings.ring(store).make('ticket', 1));
  });

  it('loses nothing that is added, and brings back nothing that is destroyed meanwhile', async () => {
    const made = [...(await keys.keyring.make('ticket', 3000))];
    const others = [rings.ring(await current().open()), rings.ring(await current().open())];
    const gone = made.filter((_, place) => place % 10 === 0);
    let isOver = false;
    const added: OpenKey[] = [];
    const adding = others.map(async (other) => {
      while (!isOver) {
        added.push(...(await other.make('subject', 3)));
        await pause(10);
      }
    });
    const destroying = (async () => {
      for (let at = 0; at < gone.length; at += 20) {
        await others[0]?.destroy(idsOf(gone.slice(at, at + 20)), day(1));
        await pause(1);
      }
    })();
    await rotateEpoch(keys, { at: day(1) });
    await destroying;
    isOver = true;
    await Promise.all(adding);
    expect(await states()).to.deep.equal(['current', 'empty']);
    expect((await store.find(idsOf(gone))).size).to.equal(0);
    expect(added.length).to.be.above(2);
    await expectReadable([...made.filter((key) => !gone.includes(key)), ...added]);
    expect(await rejection(rings.ring(store).open(idsOf(gone.slice(0, 1))))).to.include({
      code: 'key_destroyed',
    });
  });

  it('that was stopped goes on where it was, under the epoch it had begun', async () => {
    const made = await keys.keyring.make('ticket', 2500);
    const stop = new AbortController();
    const stopped = rotateEpoch(keys, {
      at: day(1),
      signal: stop.signal,
      watch: () => {
        stop.abort();
      },
    });
    expect(await rejection(stopped)).to.include({ name: 'AbortError' });
    expect(await states()).to.deep.equal(['current', 'leaving']);
    expect((await keysInUse(keys)).toMove).to.equal(1500);
    expect(await rotationDue(keys, day(1))).to.equal(true);
    await expectReadable(made);
    const begun = (await store.epochs())[0]?.id;
    expect(await rotateEpoch(keys, { at: day(2) })).to.deep.include({ to: begun, moved: 1500 });
    expect(await states()).to.deep.equal(['current', 'empty']);
    await expectReadable(made);
    const never = new AbortController();
    never.abort();
    expect(await rejection(rotateEpoch(keys, { at: day(3), signal: never.signal }))).to.include({
      name: 'AbortError',
    });
    expect(await states()).to.deep.equal(['current', 'empty']);
  });

  it('that was killed comes to the same end when it is begun again', async function () {
    this.timeout(SOAK ? 600_000 : 60_000);
    const made = await keys.keyring.make('ticket', SOAK ? 50_000 : 5000);
    for (let turn = 0; turn < (SOAK ? 40 : 1); turn += 1) {
      const child = rotationChild(current().place, rings.file);
      await child.hasSaid(1);
      await pause(SOAK ? Math.random() * 1500 : 0);
      await Promise.race([child.hasSaid(turn === 0 ? 2 : 3), child.ended]).catch(() => undefined);
      await child.kill();
    }
    const before = await states();
    expect(before.slice(0, 2)).to.deep.equal(['current', 'leaving']);
    await untilDone(() => rotateEpoch(keys, { at: day(1) }));
    expect(new Set((await states()).slice(1))).to.deep.equal(new Set(['empty']));
    expect((await store.counts()).map(({ count }) => count)).to.deep.equal([made.length]);
    await expectReadable(made);
  });

  it('is one at a time', async () => {
    await keys.keyring.make('ticket', 10);
    const other = rings.keys(await current().open());
    await store.alone(async () => {
      expect(await rejection(rotateEpoch(other, { at: day(1) }))).to.include({ code: 'rotation_running' });
    });
    expect(await states()).to.deep.equal(['current']);
    const both = await Promise.allSettled([keys, other].map((one) => rotateEpoch(one, { at: day(1) })));
    expect(both.some(({ status }) => status === 'fulfilled')).to.equal(true);
    expect((await store.counts()).map(({ count }) => count)).to.deep.equal([10]);
  });

  it('moves nothing while an epoch’s key is not in its place, or the provider is away', async () => {
    const made = await keys.keyring.make('ticket', 10);
    rings.provider.isAway = true;
    expect(await rejection(rotateEpoch(keys, { at: day(1) }))).to.include({
      code: 'key_service_unavailable',
    });
    expect(await states()).to.deep.equal(['current']);
    rings.provider.isAway = false;
    const [stored] = await keys.epochs.all();
    if (stored === undefined) throw new Error('no epoch');
    await keys.epochs.remove(stored.id);
    expect(await rejection(rotateEpoch(keys, { at: day(1) }))).to.include({ code: 'epoch_lost' });
    expect(await states()).to.deep.equal(['current']);
    expect(await keys.epochs.all()).to.deep.equal([]);
    await keys.epochs.put(stored);
    expect(await rotateEpoch(keys, { at: day(1) })).to.deep.include({ moved: 10 });
    await expectReadable(made);
  });

  it('goes on without an epoch that began in a place that is not there any more, where no key came under it', async () => {
    const made = await keys.keyring.make('ticket', 10);
    const misplaced = randomUUID();
    expect(await store.beginEpoch(misplaced, idsOf(await store.epochs())[0] ?? null, day(1))).to.equal(true);
    expect(await rejection(keys.keyring.make('ticket', 1))).to.include({ code: 'epoch_lost' });
    const { from, to, moved } = await rotateEpoch(keys, { at: day(2) });
    expect(from).to.include(misplaced);
    expect({ moved, states: await states() }).to.deep.equal({
      moved: 10,
      states: ['current', 'empty', 'empty'],
    });
    expect(idsOf(await keys.epochs.all())).to.include(to);
    await expectReadable(made);
    await expectReadable(await rings.ring(store).make('ticket', 1));
  });

  it('is due when the epoch is old, or a destroyed key could still be opened by a copy from before', async () => {
    expect(await rotationDue(keys, day(1000))).to.equal(false);
    const [one, two] = await keys.keyring.make('ticket', 2);
    expect([await rotationDue(keys, day(89)), await rotationDue(keys, day(90))]).to.deep.equal([false, true]);
    await keys.keyring.destroy([one?.id ?? ''], day(10));
    expect([await rotationDue(keys, day(16)), await rotationDue(keys, day(17))]).to.deep.equal([false, true]);
    await rotateEpoch(keys, { at: day(20) });
    expect([await rotationDue(keys, day(109)), await rotationDue(keys, day(110))]).to.deep.equal([
      false,
      true,
    ]);
    await keys.keyring.destroy([two?.id ?? ''], day(20));
    expect(await rotationDue(keys, day(27))).to.equal(true);
  });

  it('is due for a key of the present epoch that a clock behind, or a slow destruction, dates before it', async () => {
    const [key] = await keys.keyring.make('ticket', 1);
    await rotateEpoch(keys, { at: day(20) });
    await keys.keyring.destroy([key?.id ?? ''], day(19));
    expect([await rotationDue(keys, day(26)), await rotationDue(keys, day(27))]).to.deep.equal([false, true]);
  });
});

const rotationChild = (place: object, file: string): KeyChild =>
  startChild('./rotation-child.ts', [JSON.stringify(place), file]);

/** A server notices a moment later that the one before is dead. */
async function untilDone<T>(work: () => Promise<T>): Promise<T> {
  for (let turn = 1; ; turn += 1) {
    try {
      return await work();
    } catch (error) {
      if (turn === 50) throw error;
      await pause(100);
    }
  }
}
