import { expect } from 'chai';
import { setTimeout as pause } from 'node:timers/promises';
import { startApplier, stopAppliers } from '../support/appliers.js';
import { busyDesk, contents, expectBookkeeping, RULES, undisturbed } from '../support/busy-desk.js';
import {
  approvedPlan,
  closeDesks,
  isSoak,
  openDesk,
  pauseDeletes,
  resume,
  untilPaused,
  operator,
  refusal,
  until,
  type Desk,
} from '../support/small-desk.js';

const KILLS = isSoak ? 60 : 8;
const TICKETS = isSoak ? 60_000 : 9_000;

/** A small generator, so that a failing run can be repeated. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

const taken = async (desk: Desk, plan: string): Promise<number> => {
  const [row] = await desk.admin<{ taken: string }>(
    'select sum(taken)::text as taken from lethe.chunk where plan_id = $1',
    [plan],
  );
  return Number(row?.taken ?? 0);
};

/** Makes every batch long enough to be hit in the middle of its statements, between them and at its commit. */
const SLOW = `create function shop.slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.03); return null; end $$;
  create trigger slow after delete on shop.messages for each statement execute function shop.slow();
  create trigger slow after delete on shop.tickets for each statement execute function shop.slow();
  create trigger slow before update on shop.customers for each statement execute function shop.slow()`;

describe('a run that is cut off', () => {
  afterEach(stopAppliers);
  afterEach(closeDesks);

  it(`kill -9 at ${KILLS} points of a run: resumed, it ends as if nothing had happened`, async () => {
    const random = seeded(20_261_121);
    const setup = busyDesk(TICKETS);
    const expected = await undisturbed(setup);
    const desk = await openDesk({ ...setup, ddl: `${setup.ddl}; ${SLOW}` });
    const engine = desk.engine(RULES);
    const plan = await approvedPlan(engine);
    const job = { url: desk.url, map: setup.map, policies: RULES, plan };
    let kills = 0;
    let next = startApplier(job);
    while (kills < KILLS) {
      const applier = await next;
      next = startApplier(job, kills % 2 === 0 ? 'worker' : 'apply');
      const before = await taken(desk, plan);
      const batches = random() < 0.7 ? 1 : 0;
      applier.go();
      await until(async () => (await taken(desk, plan)) >= before + batches * 400, 'a batch or none');
      await pause(random() * 120);
      await applier.kill();
      kills += 1;
      const [status] = await engine.retention.status();
      expect(status?.state).to.be.oneOf(['planned', 'applying']);
      expect(status?.deleted).to.equal(await taken(desk, plan));
    }
    expect(await taken(desk, plan), 'the kills hit the middle of the run').to.be.within(
      1,
      (TICKETS * 2) / 3 - 1,
    );
    const last = await next;
    last.go();
    expect(await last.outcome).to.equal('done');
    expect(await contents(desk)).to.deep.equal(expected);
    await expectBookkeeping(desk, plan, (TICKETS * 2) / 3);
  }).timeout(isSoak ? 0 : 90_000);

  it('killed between the last batch and the sweep, the worker still sweeps and finishes', async () => {
    const setup = busyDesk(90);
    const desk = await openDesk(setup);
    const engine = desk.engine(RULES);
    const plan = await approvedPlan(engine);
    await desk.admin(
      `create function shop.stop() returns trigger language plpgsql as $$ begin perform pg_sleep(60); return null; end $$;
       create trigger stop before delete on lethe.swept_parent for each statement execute function shop.stop()`,
    );
    const applier = await startApplier({ url: desk.url, map: setup.map, policies: RULES, plan });
    applier.go();
    await until(async () => (await taken(desk, plan)) === 60, 'all batches committed');
    await applier.kill();
    await desk.admin(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like 'delete from lethe.swept_parent%';
       drop trigger stop on lethe.swept_parent; insert into shop.files values (9999, 1, null)`,
    );
    const worker = await startApplier({ url: desk.url, map: setup.map, policies: RULES, plan }, 'worker');
    worker.go();
    expect(await worker.outcome).to.equal('done');
    expect(await desk.admin('select 1 from shop.files where id = 9999')).to.deep.equal([]);
    await expectBookkeeping(desk, plan, 60);
  });

  it('a connection that the server cuts is a clear error; the next apply goes on', async () => {
    const setup = busyDesk(3000);
    const expected = await undisturbed(setup);
    const desk = await openDesk(setup);
    const engine = await desk.another(RULES);
    const plan = await approvedPlan(engine);
    const stop = new AbortController();
    const progress = (): void => {
      stop.abort();
    };
    await refusal(
      engine.retention.apply(plan, operator, { signal: stop.signal, progress }),
      'run_incomplete',
    );
    await pauseDeletes(desk.admin, 'shop.messages');
    const applying = refusal(engine.retention.apply(plan, operator));
    await untilPaused(desk.admin);
    await desk.admin(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'lethe'",
    );
    const error = await applying;
    await resume(desk.admin);
    expect(error.code).to.equal('database_unreachable');
    expect(error.exitCode).to.equal(1);
    const [status] = await engine.retention.status();
    expect(status?.state).to.equal('failed');
    expect(status?.failure).to.include('database_unreachable');
    expect((await engine.retention.apply(plan, operator)).state).to.equal('done');
    expect(await contents(desk)).to.deep.equal(expected);
    await expectBookkeeping(desk, plan, 2000);
  });

  it('a run that is asked to stop stops after its batch and says that it is not finished', async () => {
    const desk = await openDesk(busyDesk(3000));
    const engine = desk.engine(RULES);
    const plan = await approvedPlan(engine);
    const stop = new AbortController();
    const progress = (): void => {
      stop.abort();
    };
    const error = await refusal(engine.retention.apply(plan, operator, { signal: stop.signal, progress }));
    expect(error.code).to.equal('run_incomplete');
    expect(error.message).to.include('interrupted');
    expect(await taken(desk, plan)).to.equal(400);
    await engine.retention.apply(plan, operator);
    await expectBookkeeping(desk, plan, 2000);
  });
});
