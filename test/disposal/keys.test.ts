import { expect } from 'chai';
import { fixedClock } from '../../src/core/clock.js';
import type { Instant } from '../../src/core/instant.js';
import type { Tx } from '../../src/db/database.js';
import { replay } from '../../src/disposal/replay.js';
import { recallDestroyed } from '../../src/encryption/data-key-store.js';
import { destroyEnded } from '../../src/encryption/destroy-keys.js';
import { adoptVault } from '../../src/ledger/vault-link.js';
import { backUp, closeRestored, context, restored } from '../support/restore.js';
import { vaultOf } from '../support/vault.js';
import { workOnce } from '../../src/jobs/worker.js';
import {
  approvedPlan,
  closeDesks,
  column,
  dispose,
  hold,
  operator,
  refusal,
  ONCE,
  TODAY,
  type Desk,
} from '../support/small-desk.js';
import { entries, keyedDesk, keyStates, lateKey, PARTITIONED } from './keyed-desk.js';

const living = (...names: readonly string[]): readonly string[] =>
  names.flatMap((name) => [4, 5, 6].map((key) => `${name}/${key}`));
const destroyed = (name: string): readonly string[] =>
  [1, 2, 3].map((key) => `${name}/${key} ended destroyed`);
const all = (name: string): readonly string[] => [1, 2, 3, 4, 5, 6].map((key) => `${name}/${key}`);

const PERSONS_GONE = [...destroyed('customer'), ...living('customer'), ...all('ticket')];

const indexed = (desk: Desk): Promise<readonly string[]> =>
  column(desk.admin, 'select distinct key from lethe.blind_index');

describe('a disposal of records with keys', () => {
  afterEach(closeRestored);
  afterEach(closeDesks);

  it('destroys the keys of the persons who go, with what they were found by, and no others', async () => {
    const { desk, engine, vault } = await keyedDesk();
    const plan = await dispose(engine, 'old-customers');
    expect(await keyStates(desk)).to.deep.equal(PERSONS_GONE);
    expect(await indexed(desk)).to.deep.equal(['4', '5', '6']);
    expect(vault.keyring.gone.size).to.equal(3);
    expect(vault.keyring.keys.size).to.equal(9);
    expect(vault.calls, 'one call a batch').to.equal(1);
    const [told, ...more] = await entries(desk, 'keys.destroyed');
    expect(more).to.deep.equal([]);
    expect(told?.counts).to.deep.equal({ subject: 3 });
    expect(told?.about).to.deep.equal({
      plan,
      policy: 'old-customers',
      epoch: 'epoch-1',
      provider: 'local',
      afterDestruction: 'P7D',
      keptFor: 'P35D',
    });
    expect(
      await column(desk.admin, `select plan_id from lethe.data_key where ended_at is not null`),
    ).to.deep.equal([plan, plan, plan]);
  });

  it("destroys a ticket's key with its ticket, and leaves the keys of its persons", async () => {
    const { desk, engine } = await keyedDesk();
    await dispose(engine);
    expect(await keyStates(desk)).to.deep.equal([
      ...all('customer'),
      ...destroyed('ticket'),
      ...living('ticket'),
    ]);
    expect(await indexed(desk)).to.have.length(6);
  });

  it('counts the messages of persons that stay in other tickets', async () => {
    const { desk, engine } = await keyedDesk();
    await dispose(engine);
    await dispose(engine, 'old-customers');
    const about = (await entries(desk, 'retention.batch')).map((entry) => entry.about['textsKept']);
    expect(about).to.deep.equal([undefined, 3]);
  });

  it('keeps the key of a record that is held', async () => {
    const { desk, engine } = await keyedDesk();
    await engine.holds.place({ ...hold, scope: { kind: 'record', record: 'ticket/2' } }, operator);
    await dispose(engine);
    expect((await keyStates(desk)).filter((state) => state.endsWith('destroyed'))).to.deep.equal([
      'ticket/1 ended destroyed',
      'ticket/3 ended destroyed',
    ]);
  });

  it('ends no key when its batch rolls back', async () => {
    const { desk, engine, vault } = await keyedDesk();
    await desk.admin(`create function shop.refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
      create trigger refuse before delete on shop.tickets for each statement execute function shop.refuse()`);
    const plan = await approvedPlan(engine);
    await refusal(engine.retention.apply(plan, operator), 'database_failed');
    expect(await keyStates(desk)).to.deep.equal([...all('customer'), ...all('ticket')]);
    expect(vault.keyring.gone.size).to.equal(0);
  });

  it('is not done while the vault is away, says why, and is finished by the next apply', async () => {
    const { desk, engine, vault } = await keyedDesk();
    vault.isAway = true;
    const plan = await approvedPlan(engine);
    const error = await refusal(engine.retention.apply(plan, operator), 'keys_pending');
    expect(error.message).to.include('3 of their keys').and.to.include('the test says so');
    const [status] = await engine.retention.status();
    expect(status).to.include({ state: 'incomplete', deleted: 3, pendingKeys: 3 });
    expect(status?.failure).to.include('3 keys not destroyed');
    expect(await entries(desk, 'retention.finished')).to.deep.equal([]);
    await refusal(engine.retention.certificate(plan), 'certificate_unfinished');
    vault.isAway = false;
    expect((await engine.retention.apply(plan, operator)).state).to.equal('done');
    expect((await keyStates(desk)).filter((state) => state.endsWith('destroyed'))).to.have.length(3);
  });

  it('needs no key service', async () => {
    const { engine, vault } = await keyedDesk();
    vault.keyring.isAway = true;
    await dispose(engine);
    expect(vault.keyring.gone.size).to.equal(3);
  });

  it('ends the keys of a database that encrypts also where lethe.json names none; with the keys it goes on', async () => {
    const { desk, engine, another } = await keyedDesk();
    const plan = await approvedPlan(engine);
    const error = await refusal(another(null).retention.apply(plan, operator), 'keys_pending');
    expect(error.message).to.include('names no keys');
    expect((await keyStates(desk)).filter((state) => state.endsWith('ended'))).to.have.length(3);
    expect((await engine.retention.apply(plan, operator)).state).to.equal('done');
  });

  it('where nothing is encrypted there are no keys and no word of them', async () => {
    const { desk, engine } = await keyedDesk('off');
    const plan = await dispose(engine, 'old-customers');
    expect(await entries(desk, 'keys.destroyed')).to.deep.equal([]);
    expect((await entries(desk, 'retention.batch'))[0]?.about).not.to.have.property('textsKept');
    expect(await engine.retention.certificate(plan)).not.to.have.property('destroyedKeys');
  });

  it('a worker destroys what a withdrawn run has left', async () => {
    const { desk, engine, vault } = await keyedDesk();
    vault.isAway = true;
    const plan = await approvedPlan(engine);
    await refusal(engine.retention.apply(plan, operator), 'keys_pending');
    await engine.retention.withdraw(plan, operator);
    expect((await engine.retention.status())[0]).to.include({ state: 'withdrawn', pendingKeys: 3 });
    vault.isAway = false;
    await workOnce(engine, operator);
    expect((await engine.retention.status())[0]).to.include({ state: 'withdrawn', pendingKeys: 0 });
    expect((await entries(desk, 'keys.destroyed'))[0]?.counts).to.deep.equal({ ticket: 3 });
  });

  it('a key that was made late of a record that has gone goes too; those of living records stay', async () => {
    const { desk, engine, vault } = await keyedDesk();
    vault.isAway = true;
    const plan = await approvedPlan(engine);
    await refusal(engine.retention.apply(plan, operator, ONCE), 'keys_pending');
    await lateKey(desk, 'ticket', '1');
    vault.isAway = false;
    await engine.retention.apply(plan, operator);
    expect((await entries(desk, 'keys.destroyed')).map(({ counts }) => counts)).to.deep.equal([
      { ticket: 4 },
    ]);
    expect((await keyStates(desk)).filter((state) => !state.includes('ended'))).to.have.length(9);
  });

  it('an older copy of the vault is noticed, and what it has again is destroyed again', async () => {
    const { desk, engine, vault, another } = await keyedDesk();
    const before = new Map(vault.keyring.keys);
    const plan = await dispose(engine);
    const certificate = await engine.retention.certificate(plan);
    for (const [id, key] of before) vault.keyring.keys.set(id, key);
    vault.keyring.gone.clear();
    const later = another(vault, fixedClock('2024-02-01T00:00:00.000000Z' as Instant));
    await workOnce(later, operator);
    expect(vault.keyring.keys.size).to.equal(9);
    expect(
      (await entries(desk, 'keys.destroyed-again')).map(({ counts, about }) => [counts, about['plan']]),
    ).to.deep.equal([[{ ticket: 3 }, undefined]]);
    expect((await keyStates(desk)).filter((state) => state.includes('back'))).to.deep.equal([]);
    expect(await later.retention.checkCertificate(plan, certificate)).to.include({ ok: true });
    await workOnce(later, operator);
    expect(await entries(desk, 'keys.destroyed-again'), 'once').to.have.length(1);
  });

  it('a restored database is told of the disposal again, and the same keys end and are destroyed again', async () => {
    const { desk, engine, vault } = await keyedDesk();
    await dispose(engine); // the chain has begun, and the vault is linked
    const name = await backUp(desk);
    await dispose(engine, 'old-customers');
    const yesterday = await restored(desk, name);
    await replay(context(yesterday, desk, name), operator);
    const states = (): Promise<readonly string[]> =>
      yesterday.rows(`select record || '/' || key || case when destroyed_at is null then '' else ' destroyed' end
        from lethe.data_key where ended_at is not null and record = 'customer'`);
    expect(await states()).to.deep.equal(['customer/1', 'customer/2', 'customer/3']);
    expect(await yesterday.rows(`select distinct key from lethe.blind_index`)).to.deep.equal(['4', '5', '6']);
    await destroyEnded({ db: yesterday.db, clock: TODAY, keys: vault.keys, actor: 'actor-1' });
    expect(await states()).to.deep.equal([
      'customer/1 destroyed',
      'customer/2 destroyed',
      'customer/3 destroyed',
    ]);
  });

  it('taking up another vault brings every destroyed key back to be destroyed once more', async () => {
    const { desk, engine } = await keyedDesk();
    await dispose(engine);
    const { db, clock } = desk.engine([]);
    const also = (tx: Tx): Promise<number> => recallDestroyed(tx, clock.now());
    await adoptVault({ db, clock, vault: vaultOf(desk.url) }, 'operator', also);
    expect((await engine.retention.status())[0]).to.include({ state: 'done', pendingKeys: 3 });
    expect(await engine.retention.destroyKeys(operator)).to.equal(3);
    expect(await engine.retention.destroyKeys(operator)).to.equal(0);
  });

  it('a partition of records with keys goes row by row', async () => {
    const { desk, engine } = await keyedDesk('on', PARTITIONED);
    const plan = await approvedPlan(engine);
    const told: string[] = [];
    await engine.retention.apply(plan, operator, {
      partition: ({ outcome }) => told.push(outcome.kind === 'rows' ? outcome.why : outcome.kind),
    });
    expect(told).to.deep.equal(['its rows have keys of their own']);
    expect((await keyStates(desk)).filter((state) => state.endsWith('destroyed'))).to.deep.equal(
      destroyed('ticket'),
    );
  });
});
