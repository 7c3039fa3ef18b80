import { expect } from 'chai';
import { setTimeout as pause } from 'node:timers/promises';
import { LetheError } from '../../src/core/errors.js';
import type { Engine } from '../../src/engine.js';
import { runWorker, type DaemonOptions } from '../../src/jobs/daemon.js';
import { openLog } from '../../src/log/log.js';
import { busyDesk, expectBookkeeping, RULES } from '../support/busy-desk.js';
import {
  approvedPlan,
  closeDesks,
  ids,
  openDesk,
  operator,
  pauseDeletes,
  refusal,
  resume,
  until,
  untilPaused,
} from '../support/small-desk.js';

const unreachable = (): LetheError =>
  new LetheError('database_unreachable', { address: 'db', reason: 'connection refused' });

const started: (() => Promise<void>)[] = [];

/** A worker in this process, with the events its log tells. */
function working(open: () => Promise<Engine>, options: Partial<DaemonOptions> = {}) {
  const leave = new AbortController();
  const events: string[] = [];
  const log = openLog({ write: (line) => void events.push((JSON.parse(line) as { event: string }).event) });
  const ended = runWorker({
    open,
    actor: operator,
    log,
    brakes: {},
    leave: leave.signal,
    roundEvery: 50,
    ...options,
  });
  const stop = async (): Promise<void> => {
    leave.abort();
    await ended;
  };
  started.push(stop);
  return {
    events,
    stop,
    leave,
    ended,
  };
}

describe('the worker', () => {
  afterEach(async () => {
    await Promise.allSettled(started.splice(0).map((stop) => stop()));
    await closeDesks();
  });

  it('works until it is asked to stop: then it finishes its batch and leaves the run to others', async () => {
    const desk = await openDesk(busyDesk(1500));
    const lethe = desk.engine(RULES);
    const { events, leave, ended } = working(() => desk.another(RULES));
    await pauseDeletes(desk.admin, 'shop.messages');
    const plan = await approvedPlan(lethe);
    await untilPaused(desk.admin);
    leave.abort();
    await pause(100);
    await resume(desk.admin);
    await ended;
    expect(await ids(desk.admin, 'tickets')).to.have.length(1100);
    expect((await lethe.retention.status())[0]).to.include({ state: 'applying', failure: null });
    expect(events).to.include.members(['worker.started', 'run.ended', 'worker.stopping', 'worker.stopped']);
    const second = working(() => desk.another(RULES));
    await until(async () => (await lethe.retention.status())[0]?.state === 'done', 'done by another worker');
    await second.stop();
    await expectBookkeeping(desk, plan, 1000);
  });

  it('waits for a database that goes away in the middle of a batch, and goes on when it is back', async () => {
    const desk = await openDesk(busyDesk(1500));
    const lethe = desk.engine(RULES);
    await pauseDeletes(desk.admin, 'shop.messages');
    const plan = await approvedPlan(lethe);
    let isAway = false;
    const { events, stop } = working(() => (isAway ? Promise.reject(unreachable()) : desk.another(RULES)));
    await untilPaused(desk.admin);
    isAway = true;
    await desk.admin(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'lethe'`,
    );
    await resume(desk.admin);
    await until(
      () => Promise.resolve(events.filter((event) => event === 'database.away').length > 1),
      'tries in vain',
    );
    expect(events).to.not.include('database.back');
    isAway = false;
    await until(() => Promise.resolve(events.includes('database.back')), 'the database is back');
    await until(async () => (await ids(desk.admin, 'tickets')).length === 500, 'the run is finished');
    await until(async () => (await lethe.retention.status())[0]?.state === 'done', 'the run is done');
    await stop();
    await expectBookkeeping(desk, plan, 1000);
  });

  it('waits for a database that is not there yet, but tells a mistake to whoever starts it', async () => {
    const desk = await openDesk(busyDesk(3));
    let tries = 0;
    const { events, stop } = working(() => {
      tries += 1;
      if (tries > 1) return desk.another(RULES);
      return Promise.reject(unreachable());
    });
    await until(() => Promise.resolve(tries === 2), 'a second try');
    await stop();
    expect(events).to.include('database.away');
    await refusal(
      working(() => Promise.reject(new LetheError('config_invalid', { problems: 'x' }))).ended,
      'config_invalid',
    );
  });

  it('goes on when the policies in force cannot be read for a while, and says so', async () => {
    const desk = await openDesk(busyDesk(30));
    await approvedPlan(desk.engine(RULES));
    let unreadable = true;
    const { events, stop } = working(async () => {
      const engine = await desk.another(RULES);
      const policies = () =>
        unreadable
          ? Promise.reject(new LetheError('version_unreadable', { problems: 'x' }))
          : engine.policiesInForce();
      return { ...engine, policiesInForce: policies };
    });
    await until(
      () => Promise.resolve(events.filter((event) => event === 'policies.unreadable').length > 1),
      'two rounds',
    );
    expect(await ids(desk.admin, 'tickets')).to.have.length(30);
    unreadable = false;
    await until(async () => (await ids(desk.admin, 'tickets')).length === 10, 'the run');
    await stop();
  });
});
