import { expect } from 'chai';
import { fixedClock } from '../../src/core/clock.js';
import { parseInstant, type Instant } from '../../src/core/instant.js';
import { workOnce } from '../../src/jobs/worker.js';
import { busyDesk, expectBookkeeping, RULES } from '../support/busy-desk.js';
import {
  approvedPlan,
  AS_OF,
  closeDesks,
  ids,
  officer,
  openDesk,
  operator,
  refusal,
  rule,
} from '../support/small-desk.js';

describe('worker --once', () => {
  afterEach(closeDesks);

  it('applies what is approved and due, and leaves the rest', async () => {
    const { engine, admin } = await openDesk(busyDesk(30));
    const lethe = engine(RULES);
    await lethe.retention.plan('old-tickets', officer, AS_OF);
    await approvedPlan(lethe, 'old-tickets', '2030-01-01T00:00:00Z');
    expect(await workOnce(lethe, operator)).to.deep.equal([]);
    const plan = await approvedPlan(lethe);
    expect(await workOnce(lethe, operator)).to.deep.equal([{ plan, outcome: 'done' }]);
    expect(await ids(admin, 'tickets')).to.have.length(10);
    expect(await workOnce(lethe, operator)).to.deep.equal([]);
  });

  it('goes by the engine’s clock, not by the computer’s', async () => {
    const { engine, admin } = await openDesk(busyDesk(30));
    const early = engine(RULES, fixedClock(parseInstant('2020-01-01T00:00:00Z') as Instant));
    await approvedPlan(early, 'old-tickets', '2023-08-01T00:00:00Z');
    expect(await workOnce(early, operator)).to.deep.equal([]);
    const late = engine(RULES, fixedClock(parseInstant('2099-01-01T00:00:00Z') as Instant));
    const ahead = await approvedPlan(late, 'old-tickets', '2098-01-01T00:00:00Z');
    const done = await workOnce(late, operator);
    expect(done.map(({ outcome }) => outcome)).to.deep.equal(['done', 'done']);
    expect(done[1]?.plan).to.equal(ahead);
    expect(await ids(admin, 'tickets')).to.deep.equal([]);
  });

  it('resumes a run that was stopped', async () => {
    const desk = await openDesk(busyDesk(1500));
    const lethe = desk.engine(RULES);
    const plan = await approvedPlan(lethe);
    const stop = new AbortController();
    const progress = (): void => {
      stop.abort();
    };
    await refusal(lethe.retention.apply(plan, operator, { signal: stop.signal, progress }), 'run_incomplete');
    expect(await workOnce(lethe, operator)).to.deep.equal([{ plan, outcome: 'done' }]);
    await expectBookkeeping(desk, plan, 1000);
  });

  it('says what stopped a plan and goes on with the next', async () => {
    const { engine, admin } = await openDesk(busyDesk(30));
    const stale = await approvedPlan(engine([rule({ reason: 'another' })]));
    const lethe = engine(RULES);
    const plan = await approvedPlan(lethe);
    const done = await workOnce(lethe, operator);
    expect(done.map((one) => [one.plan, one.outcome])).to.deep.equal([
      [stale, 'plan_changed'],
      [plan, 'done'],
    ]);
    expect(done[0]?.message).to.include('make a new plan');
    expect(await ids(admin, 'tickets')).to.have.length(10);
  });

  it('does nothing more once it is asked to stop', async () => {
    const { engine, admin } = await openDesk(busyDesk(30));
    const lethe = engine(RULES);
    await approvedPlan(lethe);
    expect(await workOnce(lethe, operator, AbortSignal.abort())).to.deep.equal([]);
    expect(await ids(admin, 'tickets')).to.have.length(30);
  });
});
