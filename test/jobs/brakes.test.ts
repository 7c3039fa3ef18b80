import { expect } from 'chai';
import pg from 'pg';
import type { WorkerConfig } from '../../src/config.js';
import { openPostgres } from '../../src/db/postgres.js';
import { brakesOf, brakesOfPerson, verdictOf, type Pressure } from '../../src/jobs/brakes.js';
import { Pace } from '../../src/jobs/pace.js';
import { lockWaits, replicationLag } from '../../src/jobs/pressure.js';
import { notices } from '../../src/jobs/schedule-status.js';
import { workOnce } from '../../src/jobs/worker.js';
import { at } from '../core/at.js';
import { busyDesk, expectBookkeeping, RULES } from '../support/busy-desk.js';
import { testClock } from '../support/published.js';
import {
  approvedPlan,
  closeDesks,
  ids,
  openDesk,
  operator,
  refusal,
  until,
  untilBlocked,
} from '../support/small-desk.js';

const CALM: Pressure = { opens: null, paceMs: 0, lagSeconds: 0, lockWaits: 0 };
const kindOf = (settings: WorkerConfig, pressure: Partial<Pressure>): string => {
  const verdict = verdictOf(settings, { ...CALM, ...pressure });
  return verdict.kind === 'go' ? 'go' : `${verdict.kind} ${verdict.because}`;
};

describe('the brakes of a worker', () => {
  it('let a batch begin when nothing is above its limit', () => {
    expect(kindOf({}, { lagSeconds: 1e9, lockWaits: 1e9 })).to.equal('go');
    expect(kindOf({ replicationLagSeconds: 5, lockWaits: 2 }, { lagSeconds: 5, lockWaits: 2 })).to.equal(
      'go',
    );
  });

  it('hold it for what is above its limit', () => {
    expect(kindOf({ replicationLagSeconds: 5 }, { lagSeconds: 5.1 })).to.equal('wait replicationLagSeconds');
    expect(kindOf({ lockWaits: 0 }, { lockWaits: 1 })).to.equal('wait lockWaits');
    expect(kindOf({ rowsPerSecond: 1 }, { paceMs: 1 })).to.equal('wait rowsPerSecond');
    expect(kindOf({}, { opens: at('2026-01-01T00:00Z') })).to.equal('rest window');
  });

  it('keep the rows a second on average, and save up no time that was not used', () => {
    const pace = new Pace(100);
    expect(pace.wait(0)).to.equal(0);
    pace.begin(0);
    pace.spent(200);
    expect(pace.wait(500)).to.equal(1500);
    expect(pace.wait(2000)).to.equal(0);
    pace.begin(2000);
    pace.spent(100);
    expect(pace.wait(2000)).to.equal(1000);
    pace.begin(60_000);
    pace.spent(100);
    expect(pace.wait(60_000)).to.equal(1000);
  });
});

describe('brakes on a server', () => {
  afterEach(closeDesks);

  it('see sessions that wait for a lock, and let a run go on when they are gone', async () => {
    const desk = await openDesk(busyDesk(30));
    const lethe = desk.engine(RULES);
    const plan = await approvedPlan(lethe);
    const [holder, waiter] = [await desk.connect(), await desk.connect()];
    await holder.query('begin; update shop.customers set tickets = tickets where id = 1');
    const waiting = waiter.query('update shop.customers set tickets = tickets where id = 1');
    await untilBlocked(desk.admin, 'update shop.customers');
    expect(await lockWaits(desk.db)).to.equal(1);
    const brake = brakesOf(desk.db, lethe.clock, { lockWaits: 0 }) ?? expect.fail();
    const working = workOnce(lethe, operator, { brake });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await ids(desk.admin, 'tickets')).to.have.length(30);
    await holder.query('rollback');
    await waiting;
    expect(await working).to.deep.equal([{ plan, outcome: 'done' }]);
    expect(await lockWaits(desk.db)).to.equal(0);
  });

  it('begin no batch when the user may not see how far replicas are behind', async () => {
    const desk = await openDesk(busyDesk(30));
    const lethe = desk.engine(RULES);
    expect(await replicationLag(desk.db)).to.equal(0);
    const plan = await approvedPlan(lethe);
    const replica = new pg.Client({ connectionString: desk.url, replication: 'database' } as pg.ClientConfig);
    await replica.connect();
    await desk.admin(`create role blind login password 'blind'`);
    const db = await openPostgres(
      Object.assign(new URL(desk.url), { username: 'blind', password: 'blind' }).href,
    );
    try {
      await until(
        async () => (await desk.admin('select 1 from pg_stat_replication')).length > 0,
        'a replica',
      );
      expect(await replicationLag(desk.db)).to.equal(0);
      expect(await replicationLag(db)).to.equal(null);
      const brake = brakesOf(db, lethe.clock, { replicationLagSeconds: 5 }) ?? expect.fail();
      const error = await refusal(lethe.retention.apply(plan, operator, { brake }), 'brake_blind');
      expect(error.message).to.include('worker.replicationLagSeconds').and.to.include('pg_monitor');
      expect(await ids(desk.admin, 'tickets')).to.have.length(30);
    } finally {
      await db.close();
      await replica.end();
      await desk.admin('drop role blind');
    }
  });

  it('outside its window a run rests, which is no trouble, and goes on inside; a person is not held by it', async () => {
    const desk = await openDesk(busyDesk(1500));
    const clock = testClock('2024-01-02T12:00:00.000000Z');
    const lethe = desk.engine(RULES, clock);
    const plan = await approvedPlan(lethe);
    const settings = { window: { from: '22:00', to: '06:00', timeZone: 'UTC' } };
    const brake = brakesOf(desk.db, clock, settings) ?? expect.fail();
    expect(await workOnce(lethe, operator, { brake })).to.deep.equal([{ plan, outcome: 'resting' }]);
    expect(await ids(desk.admin, 'tickets')).to.have.length(1500);
    const [notice] = await notices(lethe);
    expect(notice).to.include({ id: plan, isTrouble: false });
    expect(notice?.message).to.equal('rests (window) until 2024-01-02 22:00 UTC, 0 of 1000 records');
    clock.set('2024-01-02T22:20:00.000000Z');
    expect((await notices(lethe))[0]).to.include({ id: plan, isTrouble: true });
    // closes again after the first batch
    const closing = {
      ...brake,
      spent: () => {
        clock.set('2024-01-03T06:00:00.000000Z');
      },
    };
    expect(await workOnce(lethe, operator, { brake: closing })).to.deep.equal([{ plan, outcome: 'resting' }]);
    expect(await ids(desk.admin, 'tickets')).to.have.length(1100);
    const own = brakesOfPerson(desk.db, clock, settings);
    expect(own).to.equal(undefined);
    await lethe.retention.apply(plan, operator);
    await expectBookkeeping(desk, plan, 1000);
  });

  it('keep a run to its rows a second, and asking it to stop does not wait for them', async () => {
    const desk = await openDesk(busyDesk(1500));
    const lethe = desk.engine(RULES);
    const plan = await approvedPlan(lethe);
    const brake = brakesOf(desk.db, lethe.clock, { rowsPerSecond: 10 });
    const stop = new AbortController();
    const began = performance.now();
    const working = workOnce(lethe, operator, { brake, leave: stop.signal });
    await until(async () => (await ids(desk.admin, 'tickets')).length === 1100, 'the first batch');
    await until(
      async () => (await notices(lethe)).some(({ message }) => message.startsWith('rests (rowsPerSecond)')),
      'a rest that is told',
    );
    stop.abort();
    expect(await working).to.deep.equal([{ plan, outcome: 'stopped' }]);
    expect(performance.now() - began).to.be.lessThan(10_000);
    expect(await ids(desk.admin, 'tickets')).to.have.length(1100);
  });
});
