import { expect } from 'chai';
import { callSlots, filled } from '../../src/access/slots.js';
import { flagSensitive, isSensitive, liftSensitive } from '../../src/access/sensitive-store.js';
import { isQuarantined, quarantine, release } from '../../src/access/quarantine-store.js';
import { trainingHolds } from '../../src/access/training-sql.js';
import { raw, sql, type Sql } from '../../src/db/sql.js';
import { factValue } from '../../src/policy/fact-sql.js';
import type { Engine } from '../../src/engine.js';
import { closeDesks, officer, refusal } from '../support/small-desk.js';
import { accessDesk, callOf, type AccessDesk } from './access-desk.js';

const DONE = {
  ...{ actor: 'agent/7', content: 'health-data', version: '2' },
  ...{ on: '2026-03-01', expires: '2027-03-01' },
} as const;

const unjournaled = (): Promise<void> => Promise.resolve();

describe('what stands beside the access policies', () => {
  let desk: AccessDesk;
  let engine: Engine;
  beforeEach(async () => {
    desk = await accessDesk();
    engine = desk.open();
  });
  afterEach(closeDesks);

  const answer = async (predicate: Sql): Promise<boolean> =>
    (await desk.db.query<{ holds: boolean }>(sql`select ${predicate} as holds`)).rows[0]?.holds ?? false;
  const holds = (wanted = { content: 'health-data', version: '2' }, who = 'agent/7'): Promise<boolean> =>
    answer(filled(trainingHolds(wanted), callSlots(callOf(who), desk.clock.now())));

  it('a training holds for its actor, content and version, from its day until the day it expires', async () => {
    expect(await holds()).to.equal(false);
    const { id } = await engine.access.train(DONE, officer);
    expect(await holds()).to.equal(true);
    expect(await holds({ content: 'health-data', version: '1' })).to.equal(false);
    expect(await holds({ content: 'payment', version: '2' })).to.equal(false);
    expect(await holds(undefined, 'agent/70')).to.equal(false);
    desk.clock.set('2027-02-28T23:59:59.999999Z');
    expect(await holds()).to.equal(true);
    desk.clock.set('2027-03-01T00:00:00.000000Z');
    expect(await holds()).to.equal(false);
    const [body] = await desk.admin<{ body: string }>(
      `select body from lethe.ledger_entry where kind = 'access.trained'`,
    );
    expect(body?.body).to.contain(id).and.not.to.contain('agent/7');
  });

  it('one that was recorded by mistake counts no more; another one does', async () => {
    const { id } = await engine.access.train(DONE, officer);
    await engine.access.revokeTraining(id, officer);
    expect(await holds()).to.equal(false);
    await refusal(engine.access.revokeTraining(id, officer), 'training_unknown');
    await engine.access.train(DONE, officer);
    expect(await holds()).to.equal(true);
  });

  it('a training that is not over yet, or makes no sense, is refused', async () => {
    const wrong: readonly object[] = [
      { on: '2026-03-03' },
      { on: '1 March' },
      { expires: '2026-03-01' },
      { expires: '2026-02-30' },
      { content: ' ' },
      { version: '' },
      { actor: 'somebody' },
      { actor: 'agent/\0' },
    ];
    for (const different of wrong)
      await refusal(engine.access.train({ ...DONE, ...different }, officer), 'input_invalid');
    await refusal(
      desk.open({ actors: { officer: ['operator'] } }).access.train(DONE, officer),
      'role_missing',
    );
    expect(await holds()).to.equal(false);
  });

  const MESSAGE = { record: 'message', key: '5' } as const;
  const at = (predicate: (record: string, keySql: string) => string): Promise<boolean> =>
    answer(raw(predicate('message', `'5'`)));

  it('a record is flagged sensitive once, until the flag is lifted, each a ledger entry without the record', async () => {
    const { db, clock } = desk;
    const flag = (): Promise<boolean> =>
      db.transaction((tx) => flagSensitive(tx, clock, MESSAGE, 'agent/7', unjournaled));
    const lift = (): Promise<boolean> =>
      db.transaction((tx) => liftSensitive(tx, clock, MESSAGE, 'agent/8', unjournaled));
    expect(await Promise.all([flag(), flag(), flag()])).to.have.members([true, false, false]);
    expect(await at(isSensitive)).to.equal(true);
    expect(await answer(raw(isSensitive('message', `'6'`)))).to.equal(false);
    expect([await lift(), await lift()]).to.deep.equal([true, false]);
    expect(await at(isSensitive)).to.equal(false);
    expect(await flag()).to.equal(true);
    const bodies = await desk.admin<{ kind: string; body: string }>(
      'select kind, body from lethe.ledger_entry',
    );
    expect(bodies.map(({ kind }) => kind).sort()).to.deep.equal(
      'access.flagged access.flagged access.unflagged'.split(' '),
    );
    expect(JSON.stringify(bodies)).not.to.contain('message/5');
  });

  it('a record is in one quarantine at a time, until it is released', async () => {
    const { db, clock } = desk;
    const put = (): Promise<string> =>
      db.transaction((tx) => quarantine(tx, clock, { ...MESSAGE, kind: 'card' }, 'agent/7', unjournaled));
    const [first, second] = await Promise.all([put(), put()]);
    expect(first)
      .to.equal(second)
      .and.to.match(/^quarantine-/);
    expect(await at(isQuarantined)).to.equal(true);
    const out = (): Promise<boolean> =>
      db.transaction((tx) => release(tx, clock, MESSAGE, 'agent/8', unjournaled));
    expect([await out(), await out()]).to.deep.equal([true, false]);
    expect(await at(isQuarantined)).to.equal(false);
    expect(await put()).not.to.equal(first);
  });

  it('flags go once their record is gone, by its own kind of key', async () => {
    const { db, clock, own } = desk;
    const keys = { 'ticket/77': false, 'ticket/4711': true, 'ticket/x': true, 'message/5': false };
    for (const name of Object.keys(keys)) {
      const [record = '', key = ''] = name.split('/');
      await db.transaction((tx) => flagSensitive(tx, clock, { record, key }, 'agent/7', unjournaled));
    }
    const gone = own.records.get('lethe-sensitive')?.facts.get('isGone');
    const rows = await desk.admin<{ name: string; gone: boolean }>(
      `select record || '/' || key as name, ${gone ? factValue(gone) : 'null'} as gone from lethe.sensitive this`,
    );
    // a message is no record of this map: nobody can say that it is gone
    expect(Object.fromEntries(rows.map(({ name, gone }) => [name, gone]))).to.deep.equal(keys);
  });
});
