import { expect } from 'chai';
import { fixedClock } from '../../src/core/clock.js';
import { LetheError } from '../../src/core/errors.js';
import type { Instant } from '../../src/core/instant.js';
import { throughDoor } from '../../src/db/disposal-door.js';
import { sql } from '../../src/db/sql.js';
import { destroyPending } from '../../src/encryption/destroy-keys.js';
import { keysOverview } from '../../src/encryption/keys-overview.js';
import { destroyUnclaimed } from '../../src/encryption/unclaimed-keys.js';
import { rotateEpoch } from '../../src/keys/rotate-epoch.js';
import { rescueOver } from '../../src/rescue.js';
import { entries } from '../disposal/keyed-desk.js';
import { backUp, closeRestored, restored } from '../support/restore.js';
import {
  approvedPlan,
  closeDesks,
  column,
  dispose,
  hold,
  operator,
  refusal,
  TODAY,
  until,
} from '../support/small-desk.js';
import { dropVault, vaultOf } from '../support/vault.js';

import {
  AWAY,
  closing,
  customer,
  encryptingDesk,
  encryptionOf,
  engineOf,
  gate,
  GONE,
  isWaiting,
  keysOfPersons,
  KINDS,
  lookingAt,
  methodsOf,
  NAMES,
  partsOf,
  readNames,
  refuses,
  rescueOf,
  told,
  urlOf,
  writeNames,
} from './unclaimed-desk.js';

describe('keys that no row of the database names', function () {
  this.timeout(60_000);
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  afterEach(closeRestored);
  afterEach(closeDesks);

  for (const [kind, where] of KINDS)
    it(`a vault ${kind}: what was destroyed between the batch and the restore goes with the replay`, async () => {
      const { desk, keys, real, engine } = await encryptingDesk(await where());
      const older = await backUp(desk); // customers have no keys yet
      await writeNames(desk, desk.db, keys);
      const later = await backUp(desk);
      const plan = await approvedPlan(engine, 'old-customers');
      const destroy = keys.keyring.destroy.bind(keys.keyring);
      keys.keyring.destroy = () => Promise.reject(new LetheError('vault_unreadable', AWAY));
      await refusal(engine.retention.apply(plan, operator), 'keys_pending');
      keys.keyring.destroy = destroy;
      const dump = await restored(desk, later);
      expect(await readNames(desk, dump, await real.again()), 'interrupted').to.deep.equal(NAMES);

      const yesterday = await restored(desk, older);
      const done = await rescueOf(desk, yesterday, keys, older).replay(operator);
      expect(done).to.deep.include({ acts: 1, records: 3, unclaimed: { keys: 3, subject: 3, ticket: 0 } });
      expect(await readNames(desk, dump, await real.again())).to.deep.equal(GONE);
      expect(await told(yesterday.db, 'keys.unclaimed')).to.deep.equal([{ subject: 3, ticket: 0 }]);
      expect((await keysOverview(yesterday.db, keys)).unclaimed).to.deep.equal({
        comparedAt: TODAY.now(),
        subject: 3,
        ticket: 0,
      });
    });

  it('a run is certified when also the keys are gone that a restored database has forgotten', async () => {
    const { desk, keys, real } = await encryptingDesk();
    const older = await backUp(desk);
    await writeNames(desk, desk.db, keys);
    const between = await backUp(desk);
    // nothing but keys is missing: no door is closed, and nobody is told to replay
    const { db } = await restored(desk, older);
    await writeNames(desk, db, keys);
    expect(await keysOfPersons(keys)).to.equal(6);
    const engine = engineOf(desk, db, keys, TODAY, urlOf(desk, older));
    const plan = await dispose(engine, 'old-customers');
    expect((await engine.retention.certificate(plan)).destroyedKeys).to.include({ people: 3 });
    expect(await readNames(desk, await restored(desk, between), await real.again())).to.deep.equal(GONE);
    expect(await told(db, 'keys.unclaimed')).to.deep.equal([{ subject: 3, ticket: 0 }]);
  });

  it('after a replay no run is done before the vault was compared, and what was put off is made up for', async () => {
    const { desk, keys, engine } = await encryptingDesk();
    await writeNames(desk, desk.db, keys);
    const older = await backUp(desk);
    await engine.holds.place({ ...hold, scope: { kind: 'record', record: 'customer/1' } }, operator);
    const yesterday = await restored(desk, older);
    const url = urlOf(desk, older);
    await keys.store.alone(async () => {
      const done = await rescueOf(desk, yesterday, keys, older).replay(operator);
      expect(done).to.include({ acts: 1, unclaimed: null });
    });
    const again = engineOf(desk, yesterday.db, keys, TODAY, url);
    const alone = (): Promise<never> => Promise.reject(new LetheError('vault_unreadable', AWAY));
    const away = engineOf(desk, yesterday.db, { ...keys, store: { ...keys.store, alone } }, TODAY, url);
    const plan = await approvedPlan(again, 'old-customers');
    const error = await refusal(away.retention.apply(plan, operator), 'keys_unclaimed');
    expect(error.message).to.include('the test says so');
    expect((await again.retention.status())[0]).to.include({ state: 'incomplete' });
    await refusal(again.retention.certificate(plan), 'certificate_unfinished');
    const stray = await keys.keyring.make('ticket', 1);
    const context = { ...lookingAt(desk, keys), db: yesterday.db, vault: vaultOf(url) };
    expect(await destroyPending(context)).to.equal(stray.length);
    expect(await destroyPending(context)).to.equal(0);
    expect(await told(yesterday.db, 'keys.compared')).to.have.length(2);
    expect((await again.retention.apply(plan, operator)).state).to.equal('done');
  });

  for (const [kind, where] of KINDS)
    it(`a vault ${kind}: a key whose owner’s row is not committed yet stays, and so does what it encrypts`, async () => {
      const { desk, keys } = await encryptingDesk(await where());
      const encryption = encryptionOf(desk, desk.db, keys);
      const begun = gate();
      const end = gate();
      const open = throughDoor(desk.db, async (tx) => {
        const { name } = await encryption.encrypt(tx, customer('1'), { name: 'Name 1' });
        begun.open();
        await end.opened;
        await tx.query(sql`update shop.customers set name = ${name} where id = 1`);
      });
      await begun.opened;
      expect(await keysOfPersons(keys)).to.equal(1);
      await refusal(destroyUnclaimed(lookingAt(desk, keys)), 'keys_unsettled');
      expect(await keysOfPersons(keys)).to.equal(1);
      // it ends while it is waited for
      const comparing = destroyUnclaimed({ ...lookingAt(desk, keys), patienceMs: 20_000 });
      await until(() => isWaiting(desk), 'the comparison waits');
      end.open();
      await open;
      expect(await comparing).to.deep.equal({ keys: 1, subject: 0, ticket: 0 });
      expect((await readNames(desk, desk, keys))[0]).to.equal('Name 1');
    });

  it('a key that a transaction has made and not yet named is waited for, too', async () => {
    const { desk, keys } = await encryptingDesk();
    const made = gate();
    const end = gate();
    const make = keys.keyring.make.bind(keys.keyring);
    const keyring = {
      ...methodsOf(keys.keyring),
      make: async (use: 'subject' | 'ticket', count: number) => {
        const fresh = await make(use, count);
        made.open();
        await end.opened;
        return fresh;
      },
    };
    const writing = writeNames(desk, desk.db, { ...keys, keyring });
    await made.opened;
    await refusal(destroyUnclaimed(lookingAt(desk, keys)), 'keys_unsettled');
    end.open();
    await writing;
    expect(await destroyUnclaimed(lookingAt(desk, keys))).to.include({ keys: 3, subject: 0 });
    expect(await readNames(desk, desk, keys)).to.deep.equal(NAMES);
  });

  it('a dump of the database, which has locked all of it, is not waited for', async () => {
    const { desk, keys } = await encryptingDesk();
    const dump = await desk.connect();
    await dump.query('begin isolation level repeatable read read only');
    const tables = await column(
      desk.admin,
      `select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = 'lethe'`,
    );
    await dump.query(`lock table ${tables.join(', ')} in access share mode`);
    await keys.keyring.make('subject', 2);
    expect(await destroyUnclaimed(lookingAt(desk, keys))).to.include({ subject: 2 });
  });

  it('a transaction that failed leaves a key that goes; those that are named stay, under every epoch, and so do keys of the index', async () => {
    const { desk, keys } = await encryptingDesk();
    await writeNames(desk, desk.db, keys);
    await keys.keyring.named('index');
    await keys.keyring.make('ticket', 1);
    // one that moves nothing leaves them where they are
    const page = (): Promise<readonly []> => Promise.resolve([]);
    await rotateEpoch({ ...keys, store: { ...keys.store, page } }, { at: TODAY.now() });
    await refuses(
      throughDoor(desk.db, async (tx) => {
        await encryptionOf(desk, desk.db, keys).encrypt(tx, customer('4'), { name: 'Name 4' });
        throw new Error('it failed');
      }),
    );
    expect(new Set((await keys.store.counts()).map(({ epoch }) => epoch)).size).to.equal(2);
    expect(await destroyUnclaimed(lookingAt(desk, keys))).to.deep.equal({ keys: 5, subject: 1, ticket: 1 });
    expect(await readNames(desk, desk, keys)).to.deep.equal(NAMES);
    expect((await keys.store.counts()).map(({ use, count }) => `${use} ${count}`).sort()).to.deep.equal([
      'index 1',
      'subject 3',
    ]);
  });

  it('more keys than are destroyed in one call go as well', async () => {
    const { desk, keys } = await encryptingDesk();
    await writeNames(desk, desk.db, keys);
    await keys.keyring.make('ticket', 4500);
    expect(await destroyUnclaimed(lookingAt(desk, keys))).to.deep.equal({
      keys: 4503,
      subject: 0,
      ticket: 4500,
    });
    const sum = (await told(desk.db, 'keys.unclaimed')).map(
      (counts) => (counts as { ticket: number }).ticket,
    );
    expect(sum.reduce((all, one) => all + one, 0)).to.equal(4500);
    expect(sum.length).to.be.greaterThan(1);
  });

  it('nothing goes while the database is to be replayed: a newer backup may be the one', async () => {
    const { desk, keys, engine } = await encryptingDesk();
    const older = await backUp(desk);
    await writeNames(desk, desk.db, keys);
    await engine.holds.place({ ...hold, scope: { kind: 'record', record: 'ticket/5' } }, operator);
    await engine.ledger.seal();
    const newer = await backUp(desk);
    const yesterday = await restored(desk, older);
    const context = { ...lookingAt(desk, keys), db: yesterday.db, vault: vaultOf(urlOf(desk, older)) };
    await refusal(destroyUnclaimed(context), 'database_restored');
    // an adoption alone does not say that it is the newest
    expect(await rescueOf(desk, yesterday, keys, older).adopt(operator)).to.include({ unclaimed: null });
    expect(await readNames(desk, await restored(desk, newer), keys)).to.deep.equal(NAMES);
    expect((await rescueOf(desk, yesterday, keys, older).replay(operator)).unclaimed).to.include({
      subject: 3,
    });
  });

  it('keys of another installation’s vault stay, and a vault that has some is not adopted', async () => {
    const { desk, keys } = await encryptingDesk();
    const theirs = await encryptingDesk();
    await writeNames(theirs.desk, theirs.desk.db, theirs.keys);
    const vault = vaultOf(theirs.desk.url);
    await refusal(destroyUnclaimed({ ...lookingAt(desk, theirs.keys), vault }), 'vault_foreign');
    // one that has seen no act yet, but keys
    const url = `${desk.url}_unused`;
    await vaultOf(url).identify({ id: 'vault-unused', database: 'database-other' });
    closing.push(() => {
      dropVault(url);
      return Promise.resolve();
    });
    const rescue = rescueOver(partsOf(desk, desk.db, theirs.keys, url));
    await refusal(rescue.adopt(operator), 'vault_foreign');
    expect(await keysOfPersons(theirs.keys)).to.equal(3);
    // without any it is
    expect((await rescueOver(partsOf(desk, desk.db, keys, url)).adopt(operator)).vault).to.equal(
      'vault-unused',
    );
  });

  it('an older vault has keys again of which the rows are gone by now: adopting it destroys them', async () => {
    const { desk, keys, engine } = await encryptingDesk();
    await keys.keyring.make('ticket', 2); // as if their rows had been deleted long after them
    await engine.ledger.seal();
    const adopted = await rescueOf(desk, desk, keys, new URL(desk.url).pathname.slice(1)).adopt(operator);
    expect(adopted.unclaimed).to.deep.equal({ keys: 2, subject: 0, ticket: 2 });
  });

  it('a run compares when the vault has more keys than are named, and else once a day', async () => {
    const { desk, keys, engine } = await encryptingDesk();
    const compared = async (): Promise<number> => (await entries(desk, 'keys.compared')).length;
    expect(await compared(), 'the first run').to.equal(1);
    await writeNames(desk, desk.db, keys);
    await dispose(engine, 'old-customers');
    expect(await compared(), 'nothing more').to.equal(1);
    await desk.admin(
      `insert into shop.tickets select n, 'lk1.', 'closed', '2021-06-01' from generate_series(21, 23) n`,
    );
    await dispose(engineOf(desk, desk.db, keys, fixedClock('2024-01-03T00:00:01.000000Z' as Instant)));
    expect(await compared(), 'a day later').to.equal(2);
  });
});
