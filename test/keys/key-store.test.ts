import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect } from 'chai';
import type { Instant } from '../../src/core/instant.js';
import { MIGRATIONS } from '../../src/db/migrations.js';
import type { KeyStore, WrappedKey } from '../../src/keys/key-store.js';
import type { KeyUse } from '../../src/keys/key.js';
import { openKeyStore } from '../../src/keys/open-key-store.js';
import { freshDatabase, type Admin } from '../support/database.js';
import { bothKeyPlaces } from '../support/key-places.js';
import { keyChild } from '../support/key-children.js';
import { realKeys } from '../support/real-keys.js';
import { rejection } from '../support/rejection.js';

const AT = '2026-11-21T00:00:00.000000Z' as Instant;
const LATER = '2026-11-22T00:00:00.000001Z' as Instant;

const keysOf = (epoch: string, count: number, use: KeyUse = 'ticket'): readonly WrappedKey[] =>
  Array.from({ length: count }, () => ({ id: randomUUID(), use, epoch, wrapped: randomBytes(60) })).sort(
    (a, b) => (a.id < b.id ? -1 : 1),
  );

const idsOf = (keys: Iterable<{ readonly id: string }>): string[] => [...keys].map(({ id }) => id);

async function begun(store: KeyStore, instead: string | null = null, at = AT): Promise<string> {
  const epoch = randomUUID();
  expect(await store.beginEpoch(epoch, instead, at)).to.equal(true);
  return epoch;
}

const underNew = (keys: readonly WrappedKey[], epoch: string): readonly WrappedKey[] =>
  keys.map((key) => ({ ...key, epoch, wrapped: randomBytes(60) }));

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

describe('the folder of keys', () => {
  it('can be read by its owner alone', async () => {
    const { keys, folder, drop } = await realKeys();
    await keys.keyring.make('ticket', 1);
    const modes = ['keys', 'keys/data.mdb', 'keys/lock.mdb'].map(
      (path) => statSync(join(folder, path)).mode & 0o777,
    );
    await drop();
    expect(modes).to.deep.equal([0o700, 0o600, 0o600]);
  });

  it('is named when it is not what it should be', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lethe-keys-'));
    mkdirSync(join(folder, 'keys'));
    writeFileSync(join(folder, 'keys', 'data.mdb'), Buffer.alloc(8192, 'x'));
    const error = await rejection(openKeyStore({ folder }));
    rmSync(folder, { recursive: true });
    expect(error).to.include({ code: 'vault_unreadable' });
    expect(String(error)).to.include('data.mdb is damaged');
  });
});

describe('a vault’s database', () => {
  it('whose URL cannot be read is refused without repeating its password', async () => {
    const refused = await rejection(
      openKeyStore({ url: 'postgres://vault:secret@host:99999/db', folder: '' }),
    );
    expect(refused).to.include({ code: 'vault_unreadable' });
    expect(inspect(refused)).not.to.include('secret');
  });

  it('of the first version is brought up to date, and one that is up to date is only read', async () => {
    const { url, admin, drop } = await freshDatabase();
    await admin(readFileSync(join(MIGRATIONS, 'vault', '0001-vault.sql'), 'utf8'));
    await admin("insert into lethe_vault.document values ('seal', '{}')");
    const stores = await Promise.all([1, 2, 3].map(() => openKeyStore({ url, folder: '' })));
    const epoch = await begun(stores[0] as KeyStore);
    for (const store of stores) await store.close();
    expect(await admin('select name from lethe_vault.document')).to.deep.equal([{ name: 'seal' }]);
    expect(await admin('select name from lethe_vault.migration order by number')).to.deep.equal([
      { name: '0001-vault' },
      { name: '0002-keys' },
    ]);

    const reader = await readerOf(url, admin);
    const again = await openKeyStore({ url: reader, folder: '' });
    expect(idsOf(await again.epochs())).to.deep.equal([epoch]);
    await again.close();
    await admin("insert into lethe_vault.migration values (9, '0009-later', 'x')");
    const newer = await rejection(openKeyStore({ url, folder: '' }));
    await admin(`drop owned by ${new URL(reader).username}; drop role ${new URL(reader).username}`);
    await drop();
    expect(newer).to.include({ code: 'vault_unreadable' });
    expect(String(newer)).to.include('0009-later');
  });
});

/** The URL of a user who may read and nothing else. */
async function readerOf(url: string, admin: Admin): Promise<string> {
  const name = `reader_${randomBytes(4).toString('hex')}`;
  await admin(`create role ${name} login password 'reads';
    grant usage on schema lethe_vault to ${name}; grant select on all tables in schema lethe_vault to ${name}`);
  return Object.assign(new URL(url), { username: name, password: 'reads' }).href;
}

async function pagedCount(store: KeyStore, epoch: string): Promise<number> {
  let count = 0;
  let after: string | null = null;
  for (;;) {
    const page: readonly WrappedKey[] = await store.page(epoch, after, 1000);
    count += page.length;
    after = page.at(-1)?.id ?? null;
    if (after === null) return count;
  }
}

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
