import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { decryptValue, encryptValue } from '../../src/keys/envelope.js';
import { KeyCache } from '../../src/keys/key-cache.js';
import type { KeyStore } from '../../src/keys/key-store.js';
import type { OpenKey } from '../../src/keys/key.js';
import type { Keyring } from '../../src/keys/keyring.js';
import { flipped } from '../support/flipped.js';
import { keyChild } from '../support/key-children.js';
import { bothKeyPlaces } from '../support/key-places.js';
import { rejection } from '../support/rejection.js';
import { makeRings, NOW, type Rings } from '../support/rings.js';

const QUICK = { checkMs: 40 };
const idsOf = (keys: readonly OpenKey[]): string[] => keys.map(({ id }) => id);
const one = async (ring: Keyring, id: string): Promise<OpenKey> => {
  const key = (await ring.open([id])).get(id);
  if (key === undefined) throw new Error('it was not opened');
  return key;
};
const made = async (ring: Keyring, use: 'subject' | 'ticket' = 'ticket'): Promise<OpenKey> => {
  const [key] = await ring.make(use, 1);
  if (key === undefined) throw new Error('none was made');
  return key;
};

bothKeyPlaces('the keyring', (current) => {
  let rings: Rings;
  beforeEach(async () => {
    rings = await makeRings();
  });
  afterEach(() => rings.drop());

  it('opens in one process what another has made, and the vault holds no key in the clear', async () => {
    const store = await current().open();
    const keys = await rings.ring(store).make('subject', 5);
    const other = rings.ring(await current().open());
    const opened = await other.open(idsOf(keys));
    for (const { id, secret } of keys) expect(opened.get(id)?.secret.equals(secret)).to.equal(true);
    for (const { id, wrapped } of (await store.find(idsOf(keys))).values())
      expect(Buffer.from(wrapped).includes(opened.get(id)?.secret ?? '')).to.equal(false);
    expect(await other.known([...idsOf(keys), randomUUID()])).to.deep.equal(new Set(idsOf(keys)));
    expect(await other.make('ticket', 0)).to.deep.equal([]);
    expect((await other.open([])).size).to.equal(0);
  });

  it('asks the provider once for an epoch, however many keys are opened at the same time', async () => {
    const maker = rings.ring(await current().open());
    const keys = await maker.make('subject', 1000);
    const asked = rings.provider.asked.openKey;
    const store = await current().open();
    let finds = 0;
    const counting: KeyStore = {
      ...store,
      find: (ids) => {
        finds += 1;
        return store.find(ids);
      },
    };
    const reader = rings.ring(counting);
    const opened = await Promise.all(keys.map(({ id }) => one(reader, id)));
    expect(opened.every(({ secret }, place) => keys[place]?.secret.equals(secret))).to.equal(true);
    expect(rings.provider.asked.openKey - asked).to.equal(1);
    expect(finds).to.be.below(10);
  });

  it('makes one first epoch when several begin at once, and leaves no other epoch’s key behind', async () => {
    const stores = await Promise.all([1, 2, 3, 4].map(() => current().open()));
    const keys = await Promise.all(stores.map((store) => made(rings.ring(store))));
    const epochs = await (stores[0] as KeyStore).epochs();
    expect(epochs.map(({ state }) => state)).to.deep.equal(['current']);
    const stored = await rings.keys(stores[0] as KeyStore).epochs.all();
    expect(stored.map(({ id }) => id)).to.deep.equal(epochs.map(({ id }) => id));
    expect((await rings.ring(stores[1] as KeyStore).open(idsOf(keys))).size).to.equal(4);
  });

  it('says of a key that it was destroyed, and when, or that nobody knows it', async () => {
    const ring = rings.ring(await current().open());
    const key = await made(ring);
    await ring.destroy([key.id], NOW);
    expect(await rejection(ring.open([key.id]))).to.deep.include({
      code: 'key_destroyed',
      details: { key: key.id, at: NOW },
    });
    const unknown = randomUUID();
    expect(await rejection(ring.open([unknown]))).to.deep.include({
      code: 'key_unknown',
      details: { key: unknown },
    });
    expect((await ring.known([key.id])).size).to.equal(0);
  });

  it('wipes what another process destroyed within its beat, used or not', async () => {
    const maker = rings.ring(await current().open());
    const [used, idle, kept] = await maker.make('ticket', 3);
    const ids = [used?.id ?? '', idle?.id ?? '', kept?.id ?? ''];
    const ring = rings.ring(await current().open(), QUICK);
    await ring.open(ids);
    expect(ring.held).to.equal(4);
    const child = keyChild('destroy', current().place, ...ids.slice(0, 2));
    await child.ended;
    await until(() => ring.held === 2);
    expect(await rejection(ring.open(ids.slice(0, 1)))).to.include({ code: 'key_destroyed' });
    expect((await ring.open(ids.slice(2))).size).to.equal(1);
  });

  it('never hands out a key that was destroyed while it was being opened', async () => {
    const maker = rings.ring(await current().open());
    const key = await made(maker);
    const store = await current().open();
    const ring = rings.ring({
      ...store,
      find: async (ids) => {
        const found = await store.find(ids);
        if (found.size > 0) await ring.destroy(ids, NOW);
        return found;
      },
    });
    expect(await rejection(ring.open([key.id]))).to.include({ code: 'key_destroyed' });
    expect(ring.held).to.be.at.most(1);
  });

  it('fails closed while the provider is away, and goes on when it is back', async () => {
    const maker = rings.ring(await current().open());
    const key = await made(maker);
    const ring = rings.ring(await current().open());
    rings.provider.isAway = true;
    for (const use of [() => ring.open([key.id]), () => ring.make('ticket', 1), () => ring.named('index')])
      expect(await rejection(use())).to.include({ code: 'key_service_unavailable' });
    expect((await ring.known([key.id])).size).to.equal(1);
    expect((await one(maker, key.id)).secret.equals(key.secret)).to.equal(true);
    await ring.destroy([randomUUID()], NOW);
    rings.provider.isAway = false;
    expect((await one(ring, key.id)).secret.equals(key.secret)).to.equal(true);
    expect(await ring.make('ticket', 1)).to.have.length(1);
  });

  it('fails closed when the provider is away for longer than keys stay open, whatever was open before', async () => {
    const ring = rings.ring(await current().open(), { forMs: 40, checkMs: 20 });
    const [key, other] = [await made(ring), await made(ring)];
    rings.provider.isAway = true;
    await pause(60);
    for (const use of [() => ring.open([key.id]), () => ring.open([other.id]), () => ring.make('ticket', 1)])
      expect(await rejection(use())).to.include({ code: 'key_service_unavailable' });
    expect(ring.held).to.equal(0);
    rings.provider.isAway = false;
    expect((await one(ring, key.id)).secret.equals(key.secret)).to.equal(true);
  });

  it('numbers a version above what is in use elsewhere', async () => {
    const ring = rings.ring(await current().open());
    await ring.named('index');
    expect([await ring.addVersion('index', 7), await ring.addVersion('index', 3)]).to.deep.equal([8, 9]);
  });

  it('leaves nothing half-made when the provider goes away at the first epoch', async () => {
    const store = await current().open();
    const ring = rings.ring(store);
    rings.provider.isAway = true;
    expect(await rejection(ring.make('ticket', 1))).to.include({ code: 'key_service_unavailable' });
    expect(await store.epochs()).to.deep.equal([]);
    expect(await rings.keys(store).epochs.all()).to.deep.equal([]);
    rings.provider.isAway = false;
    expect(await ring.make('ticket', 1)).to.have.length(1);
  });

  it('uses no key, not even an open one, when the vault cannot say what was destroyed', async () => {
    const store = await current().open();
    let isAway = false;
    const ring = rings.ring(
      {
        ...store,
        destroyedSince: (from) => (isAway ? Promise.reject(new Error('away')) : store.destroyedSince(from)),
      },
      QUICK,
    );
    const key = await made(ring);
    isAway = true;
    await pause(60);
    expect(String(await rejection(ring.open([key.id])))).to.include('away');
    isAway = false;
    expect((await one(ring, key.id)).secret.equals(key.secret)).to.equal(true);
  });

  it('names the epoch whose key is not in its place', async () => {
    const store = await current().open();
    const key = await made(rings.ring(store));
    const { epochs } = rings.keys(store);
    const [stored] = await epochs.all();
    if (stored === undefined) throw new Error('no epoch');
    await epochs.remove(stored.id);
    const ring = rings.ring(store);
    expect(await rejection(ring.open([key.id]))).to.deep.include({
      code: 'epoch_lost',
      details: { epoch: stored.id, place: epochs.place },
    });
    expect(await rejection(ring.make('ticket', 1))).to.include({ code: 'epoch_lost' });
    await epochs.put(stored);
    expect((await one(ring, key.id)).secret.equals(key.secret)).to.equal(true);
  });

  it('refuses a key that stands in another’s place, or as another use', async () => {
    const store = await current().open();
    const maker = rings.ring(store);
    const [a, b] = idsOf(await maker.make('subject', 2)) as [string, string];
    const found = await store.find([a, b]);
    const [ofA, ofB] = [found.get(a), found.get(b)];
    if (ofA === undefined || ofB === undefined) throw new Error('not stored');
    const lies = [
      { ...ofB, id: a },
      { ...ofA, use: 'ticket' as const },
      { ...ofA, wrapped: ofA.wrapped.slice(0, -1) },
      { ...ofA, wrapped: flipped(ofA.wrapped, 20 * 8) },
    ];
    for (const lie of lies) {
      const ring = rings.ring({ ...store, find: () => Promise.resolve(new Map([[a, lie]])) });
      expect(await rejection(ring.open([a]))).to.deep.include({
        code: 'key_damaged',
        details: { key: a, epoch: ofA.epoch },
      });
    }
  });

  it('gives no wrong result while keys come and go among many callers', async () => {
    const maker = rings.ring(await current().open());
    const keys = await maker.make('ticket', 60);
    const place = { map: 'm', table: 't', column: 'c', row: '1' };
    const values = keys.map((key) => encryptValue(key, place, Buffer.from(key.id)));
    const ring = rings.ring(await current().open(), { atMost: 5, forMs: 3, checkMs: 5 });
    const readAll = async (): Promise<void> => {
      for (let turn = 0; turn < 5; turn += 1)
        await Promise.all(
          keys.map(async ({ id }, at) => {
            const key = await one(ring, id);
            await pause(Math.random() * 4); // longer than a caller should
            const plain = decryptValue(key, place, values[at] ?? Buffer.alloc(0));
            expect(plain.toString()).to.equal(id);
          }),
        );
    };
    await Promise.all([readAll(), readAll(), readAll()]);
    expect(ring.held).to.be.at.most(6);
  });

  it('makes the first version of a named key on need, once for all who need it', async () => {
    const [a, b] = [rings.ring(await current().open()), rings.ring(await current().open())];
    const [first, second, third] = await Promise.all([a.named('index'), b.named('index'), a.named('index')]);
    expect(first.map(({ version }) => version)).to.deep.equal([1]);
    for (const other of [second, third]) expect(other[0]?.secret).to.deep.equal(first[0]?.secret);
    expect((await b.named('suppression'))[0]?.id).not.to.equal(first[0]?.id);
    expect(await b.addVersion('index')).to.equal(2);
    const both = await a.named('index');
    expect(both.map(({ version }) => version)).to.deep.equal([2, 1]);
    expect(both[0]?.secret).not.to.deep.equal(both[1]?.secret);
    expect(new Set(await Promise.all([a.addVersion('index'), b.addVersion('index')]))).to.deep.equal(
      new Set([3, 4]),
    );
    await a.dropVersion('index', 1);
    expect((await b.named('index')).map(({ version }) => version)).to.deep.equal([4, 3, 2]);
    expect(await rejection(a.open([first[0]?.id ?? '']))).to.include({ code: 'key_destroyed' });
  });

  it('holds nothing once it is closed, and opens nothing any more', async () => {
    const store = await current().open();
    const maker = rings.ring(store);
    const key = await made(maker);
    const ring = rings.ring(store);
    const opening = rejection(ring.open([key.id]));
    await pause(2);
    await ring.close();
    expect(await opening).to.include({ code: 'vault_unreadable' });
    await maker.close();
    expect(maker.held + ring.held).to.equal(0);
    for (const use of [() => maker.open([key.id]), () => maker.make('ticket', 1), () => ring.named('index')])
      expect(await rejection(use())).to.include({ code: 'vault_unreadable' });
    expect(key.secret.equals(Buffer.alloc(32))).to.equal(false);
  });
});

describe('the cache of opened keys', () => {
  const fresh = (): OpenKey => ({ id: randomUUID(), secret: randomBytes(32) });
  const isWiped = ({ secret }: OpenKey): boolean => secret.equals(Buffer.alloc(32));

  it('wipes what it lets go: for want of room, when its time is over, on destruction, at the end', async () => {
    const cache = new KeyCache({ atMost: 2, forMs: 20 });
    const [a, b, c] = [fresh(), fresh(), fresh()];
    for (const key of [a, b, c]) cache.keep(key);
    expect([a, b, c].map(isWiped)).to.deep.equal([true, false, false]);
    cache.wipe([b.id]);
    expect([b, c].map(isWiped)).to.deep.equal([true, false]);
    await pause(30);
    expect(cache.copy(c.id)).to.equal(null);
    cache.wipeOld();
    expect(isWiped(c)).to.equal(true);
    const d = fresh();
    cache.keep(d);
    cache.wipeAll();
    expect([isWiped(d), cache.size]).to.deep.equal([true, 0]);
  });

  it('is counted from the opening, not from the last use', async () => {
    const cache = new KeyCache({ atMost: 2, forMs: 60 });
    const key = fresh();
    cache.keep(key);
    for (let turn = 0; turn < 5 && cache.copy(key.id) !== null; turn += 1) await pause(20);
    expect(cache.copy(key.id)).to.equal(null);
  });

  it('hands out copies, which outlive what it keeps', () => {
    const cache = new KeyCache({ atMost: 2, forMs: 1000 });
    const key = fresh();
    const secret = Buffer.from(key.secret);
    const copies = [cache.keep(key), cache.copy(key.id), cache.copy(key.id)];
    cache.wipeAll();
    expect(copies.every((copy) => copy?.secret.equals(secret))).to.equal(true);
    expect(isWiped(key)).to.equal(true);
  });
});

async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; !holds(); turn += 1) {
    if (turn > 200) throw new Error('it never came to be');
    await pause(20);
  }
}
