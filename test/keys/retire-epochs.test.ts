import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import type { KeyStore } from '../../src/keys/key-store.js';
import type { OpenKey } from '../../src/keys/key.js';
import type { Keys } from '../../src/keys/keys.js';
import { keysInUse } from '../../src/keys/keys-status.js';
import { retireEpochs } from '../../src/keys/retire-epochs.js';
import { rotateEpoch } from '../../src/keys/rotate-epoch.js';
import { bothKeyPlaces } from '../support/key-places.js';
import { rejection } from '../support/rejection.js';
import { makeRings, type Rings } from '../support/rings.js';

import { day, expectReadableIn, idsOf, statesOf } from './rotated-keys.js';

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

  it('is followed by the end of the epoch’s key: a copy of the vault from before opens nothing then', async () => {
    const [kept, gone] = await keys.keyring.make('ticket', 2);
    if (kept === undefined || gone === undefined) throw new Error('none was made');
    const old = await store.find([kept.id, gone.id]);
    await keys.keyring.destroy([gone.id], day(1));
    const { from } = await rotateEpoch(keys, { at: day(2) });
    const copy = rings.ring({ ...store, find: () => Promise.resolve(old) });
    expect((await copy.open([gone.id])).get(gone.id)?.secret.equals(gone.secret)).to.equal(true);
    expect(await retireEpochs(keys, day(31.9))).to.deep.equal([]);
    expect(await retireEpochs(keys, day(33))).to.deep.equal(from);
    expect(await retireEpochs(keys, day(33))).to.deep.equal([]);
    expect(await states()).to.deep.equal(['current']);
    expect((await keys.epochs.all()).length).to.equal(1);
    const later = rings.ring({ ...store, find: () => Promise.resolve(old) });
    expect(await rejection(later.open([gone.id]))).to.include({ code: 'epoch_lost' });
    await expectReadable([kept]);
  });

  it('’s retired keys are wiped where they were open', async () => {
    const [key] = await keys.keyring.make('ticket', 1);
    const other = rings.ring(await current().open(), { checkMs: 30 });
    await other.open([key?.id ?? '']);
    expect(other.held).to.equal(2);
    await rotateEpoch(keys, { at: day(1) });
    for (let turn = 0; other.held > 1 && turn < 100; turn += 1) await pause(20);
    expect(other.held).to.equal(1);
  });

  it('that ended between the two steps of retiring is retired by the next one', async () => {
    await keys.keyring.make('ticket', 1);
    const { from } = await rotateEpoch(keys, { at: day(1) });
    const dying = { ...store, forgetEpoch: () => Promise.reject(new Error('killed')) };
    expect(String(await rejection(retireEpochs({ ...keys, store: dying }, day(40))))).to.include('killed');
    expect(await keysInUse(keys)).to.have.nested.property('epochs[1].isThere', false);
    expect(await retireEpochs(keys, day(40))).to.deep.equal(from);
  });

  it('waits with retiring while another process rotates', async () => {
    await keys.keyring.make('ticket', 1);
    const { from } = await rotateEpoch(keys, { at: day(1) });
    await store.alone(async () => {
      expect(await retireEpochs(rings.keys(await current().open()), day(40))).to.deep.equal([]);
    });
    expect(await retireEpochs(keys, day(40))).to.deep.equal(from);
  });

  it('removes what a killed one had made and never begun, later, and no epoch of another vault', async () => {
    await keys.keyring.make('ticket', 1);
    const vault = await keys.vaultId();
    const stray = randomUUID();
    const foreign = randomUUID();
    for (const [id, of] of [
      [stray, vault],
      [foreign, randomUUID()],
    ] as const) {
      const wrapped = await keys.provider.makeWrappedKey({ epoch: id, vault: of });
      await keys.epochs.put({ id, wrapped, madeAt: day(0.5) });
    }
    expect((await keysInUse(keys)).strays).to.equal(2);
    const { to } = await rotateEpoch(keys, { at: day(1) });
    await retireEpochs(keys, day(30));
    expect((await keys.epochs.all()).length).to.equal(4);
    await retireEpochs(keys, day(32));
    expect(idsOf(await keys.epochs.all()).sort()).to.deep.equal([to, foreign].sort());
  });

  it('keeps the key of an epoch that a newer copy of the vault knows', async () => {
    await keys.keyring.make('ticket', 1);
    await rotateEpoch(keys, { at: day(1) });
    const newer = randomUUID();
    const wrapped = await keys.provider.makeWrappedKey({ epoch: newer, vault: await keys.vaultId() });
    await keys.epochs.put({ id: newer, wrapped, madeAt: day(20) });
    await retireEpochs(keys, day(60));
    expect(idsOf(await keys.epochs.all())).to.include(newer);
  });
});
