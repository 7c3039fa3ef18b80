import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Instant } from '../../src/core/instant.js';
import { damagedKeys } from '../../src/keys/damaged-keys.js';
import type { KeyStore } from '../../src/keys/key-store.js';
import type { OpenKey } from '../../src/keys/key.js';
import type { Keys } from '../../src/keys/keys.js';
import { openKeyStore } from '../../src/keys/open-key-store.js';
import { keysInUse } from '../../src/keys/keys-status.js';
import { retireEpochs } from '../../src/keys/retire-epochs.js';
import { rotateEpoch, rotationDue } from '../../src/keys/rotate-epoch.js';
import { damage, PARTS } from '../support/damaged-row.js';
import { bothKeyPlaces } from '../support/key-places.js';
import { rejection } from '../support/rejection.js';
import { makeRings, NOW, type Rings } from '../support/rings.js';

const day = (n: number): Instant =>
  new Date(Date.parse(NOW) + n * 86_400_000).toISOString().replace('Z', '000Z') as Instant;

bothKeyPlaces('a damaged key', (current) => {
  let rings: Rings;
  let store: KeyStore;
  let keys: Keys;
  let made: readonly OpenKey[];
  let sick: OpenKey;
  beforeEach(async () => {
    rings = await makeRings();
    store = await current().open();
    keys = rings.keys(store);
    made = await keys.keyring.make('ticket', 1200);
    sick = made[7] as OpenKey;
  });
  afterEach(() => rings.drop());

  const states = async (): Promise<string[]> => (await store.epochs()).map(({ state }) => state);
  const expectReadable = async (some: readonly OpenKey[]): Promise<void> => {
    const opened = await rings.ring(store).open(some.map(({ id }) => id));
    expect(some.filter(({ id, secret }) => opened.get(id)?.secret.equals(secret) !== true)).to.deep.equal([]);
  };
  const others = (): readonly OpenKey[] => made.filter((key) => key !== sick);

  it('stays where it is and is named with its epoch; all others are moved, by every rotation that follows', async () => {
    await damage(current().place, sick.id);
    const { from, to, moved, damaged } = await rotateEpoch(keys, { at: day(1) });
    expect([moved, damaged?.code, await states()]).to.deep.equal([
      1199,
      'keys_damaged',
      ['current', 'leaving'],
    ]);
    expect(damaged?.message).to.include(`1 under epoch ${from[0] ?? ''} (${sick.id})`);
    expect((await damagedKeys(store))?.message).to.equal(damaged?.message);
    expect((await keysInUse(keys)).toMove).to.equal(null);
    expect([await rotationDue(keys, day(2)), await rotationDue(keys, day(91))]).to.deep.equal([false, true]);
    await expectReadable(others());
    expect(await rejection(rings.ring(store).open([sick.id]))).to.include({ code: 'key_damaged' });

    const next = await rotateEpoch(keys, { at: day(91) });
    expect(next.from).to.deep.equal([to, ...from]);
    expect([next.moved, await states()]).to.deep.equal([1199, ['current', 'empty', 'leaving']]);
    await expectReadable(others());
  });

  it('keeps the key of its epoch, which opens what a backup of the vault has of it, and of no other', async () => {
    const intact = await store.find([sick.id]);
    await damage(current().place, sick.id);
    const { from, to } = await rotateEpoch(keys, { at: day(1) });
    await rotateEpoch(keys, { at: day(2) });
    expect(await retireEpochs(keys, day(1000))).to.deep.equal([to]);
    const backup = rings.ring({ ...store, find: () => Promise.resolve(intact) });
    expect((await backup.open([sick.id])).get(sick.id)?.secret.equals(sick.secret)).to.equal(true);
    expect((await keys.epochs.all()).map(({ id }) => id)).to.include(from[0]);
  });

  it('whose row is brought back is moved by the next rotation, and its epoch ends like any other', async () => {
    await damage(current().place, sick.id);
    const { from } = await rotateEpoch(keys, { at: day(1) });
    await damage(current().place, sick.id);
    await expectReadable(made);
    const { moved, damaged } = await rotateEpoch(keys, { at: day(2) });
    expect([moved, damaged, await states()]).to.deep.equal([1200, null, ['current', 'empty', 'empty']]);
    await expectReadable(made);
    expect(await retireEpochs(keys, day(33))).to.include(from[0]);
    await expectReadable(made);
  });

  for (const part of PARTS)
    it(`can be destroyed, whatever of its row is damaged (${part}); its epoch then ends by itself`, async () => {
      await damage(current().place, sick.id, part);
      await rotateEpoch(keys, { at: day(1) });
      await keys.keyring.destroy([sick.id], day(2));
      expect((await store.find([sick.id])).size).to.equal(0);
      expect(await rejection(keys.keyring.open([sick.id]))).to.include({ code: 'key_destroyed' });
      expect(await damagedKeys(store)).to.equal(null);
      expect(await retireEpochs(keys, day(3))).to.deep.equal([]);
      expect(await states()).to.deep.equal(['current', 'empty']);
      expect(await retireEpochs(keys, day(34))).to.have.length(1);
      expect(await states()).to.deep.equal(['current']);
      await expectReadable(others());
      expect((await store.counts()).map(({ count }) => count)).to.deep.equal([1199]);
    });

  it('leaves no epoch alone that a rotation was killed in before it had tried every key', async () => {
    await damage(current().place, sick.id);
    const stop = new AbortController();
    const order = {
      at: day(1),
      signal: stop.signal,
      watch: () => {
        stop.abort();
      },
    };
    expect(await rejection(rotateEpoch(keys, order))).to.include({ name: 'AbortError' });
    expect([await rotationDue(keys, day(1)), await damagedKeys(store)]).to.deep.equal([true, null]);
    const { damaged, to } = await rotateEpoch(keys, { at: day(1) });
    expect([to, damaged?.code]).to.deep.equal([(await store.epochs())[0]?.id, 'keys_damaged']);
    expect((await store.epochs()).length).to.equal(2);
  });

  it('is not what is left where somebody else has begun another epoch meanwhile', async () => {
    const faster: KeyStore = {
      ...store,
      rewrap: async (some, from) => {
        const [epoch] = await store.epochs();
        if (epoch?.id === some[0]?.epoch) await store.beginEpoch(randomUUID(), epoch?.id ?? '', day(1));
        return store.rewrap(some, from);
      },
    };
    const { moved, damaged } = await rotateEpoch({ ...keys, store: faster }, { at: day(1) });
    expect([moved, damaged, await rotationDue(keys, day(1))]).to.deep.equal([0, null, true]);
  });
});

describe('a damaged key in a folder', () => {
  it('is brought back from a copy of it as docs/keys.md says, and from one of another epoch is not', async () => {
    const place = { folder: mkdtempSync(join(tmpdir(), 'lethe-damaged-')) };
    const vault = join(place.folder, 'keys');
    const rings = await makeRings();
    const store = await openKeyStore(place);
    try {
      const keys = rings.keys(store);
      const [key] = await keys.keyring.make('ticket', 1);
      const copies = ['early', 'late'].map((name) => join(place.folder, name));
      const [early = '', late = ''] = copies;
      copy(vault, early);
      await rotateEpoch(keys, { at: day(1) });
      copy(vault, late);
      await damage(place, key?.id ?? '');
      expect((await rotateEpoch(keys, { at: day(2) })).damaged?.code).to.equal('keys_damaged');
      expect(asTheDocsSay(early, vault, key?.id ?? '')).to.equal(1);
      expect(asTheDocsSay(late, vault, key?.id ?? '')).to.equal(0);
      expect(await rotateEpoch(keys, { at: day(3) })).to.deep.include({ moved: 1, damaged: null });
      await rings.ring(store).open([key?.id ?? '']);
    } finally {
      await store.close();
      await rings.drop();
      rmSync(place.folder, { recursive: true, force: true });
    }
  });
});

/** By another process: this one would let go of LMDB's locks when it closes the lock file. */
const copy = (from: string, to: string): unknown => spawnSync('cp', ['-r', from, to]);

/** Runs the script of the docs; returns its exit code. */
function asTheDocsSay(...args: readonly string[]): number | null {
  const docs = readFileSync(new URL('../../docs/keys.md', import.meta.url), 'utf8');
  const script =
    /node --input-type=module -e "([^"]*)" BACKUP\/keys VAULT\/keys ID/.exec(docs)?.[1] ?? 'throw 0';
  return spawnSync(process.execPath, ['--input-type=module', '-e', script, ...args], { stdio: 'ignore' })
    .status;
}
