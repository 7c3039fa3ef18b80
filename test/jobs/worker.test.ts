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
    await approvedPlan(lethe, 'old-tickets', '2024-01-20T00:00:00Z');
    expect(await workOnce(lethe, operator)).to.deep.equal([]);
    const plan = await approvedPlan(lethe);
    expect(await workOnce(lethe, operator)).to.deep.equal([{ plan, outcome: 'done' }]);
    expect(await ids(admin, 'tickets')).to.have.length(10);
    expect(await workOnce(lethe, operator)).to.deep.equal([]);
  });

  it('goes by the engine’s clock, not by the computer’s', async () => {
    const { engine, admin } = await openDesk(busyDesk(30));
    const at = (text: string) => engine(RULES, fixedClock(parseInstant(text) as Instant));
    const first = await approvedPlan(at('2023-07-15T00:00:00Z'), 'old-tickets', '2023-08-01T00:00:00Z');
    expect(await workOnce(at('2023-07-31T23:59:59Z'), operator)).to.deep.equal([]);
    const [done] = await workOnce(at('2023-08-01T00:00:00Z'), operator);
    expect(done).to.deep.equal({ plan: first, outcome: 'done' });
    const ahead = await approvedPlan(at('2099-01-01T00:00:00Z'), 'old-tickets', '2099-01-20T00:00:00Z');
    const [later] = await workOnce(at('2099-01-21T00:00:00Z'), operator);
    expect(later).to.deep.equal({ plan: ahead, outcome: 'done' });
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
    expect(done.map(({ outcome, ...one }) => ['plan' in one && one.plan, outcome])).to.deep.equal([
      [stale, 'plan_changed'],
      [plan, 'done'],
    ]);
    expect(done[0]?.message).to.include('make a new one');
    expect(await ids(admin, 'tickets')).to.have.length(10);
  });

  it('does nothing more once it is asked to stop', async () => {
    const { engine, admin } = await openDesk(busyDesk(30));
    const lethe = engine(RULES);
    await approvedPlan(lethe);
    expect(await workOnce(lethe, operator, { leave: AbortSignal.abort() })).to.deep.equal([]);
    expect(await ids(admin, 'tickets')).to.have.length(30);
  });
});
