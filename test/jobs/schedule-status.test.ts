import { expect } from 'chai';
import { notices } from '../../src/jobs/schedule-status.js';
import { workOnce } from '../../src/jobs/worker.js';
import { busyDesk } from '../support/busy-desk.js';
import { published, testClock } from '../support/published.js';
import { approver, closeDesks, officer, openDesk, operator, rule, type Desk } from '../support/small-desk.js';
import type { Engine } from '../../src/engine.js';

const nightly = [
  rule({ schedule: { cron: '0 3 * * *', timeZone: 'UTC', withoutApproval: { upTo: 500 } } }),
  rule({ id: 'by-hand', when: { all: [{ fact: 'status', operator: 'equal', value: 'open' }] } }),
];

async function scheduledDesk(): Promise<{ desk: Desk; lethe: Engine; now: (instant: string) => void }> {
  const desk = await openDesk(busyDesk(30));
  await published(desk, nightly, '2024-01-01T12:00:00.000000Z');
  const clock = testClock('2024-01-01T18:00:00.000000Z');
  return {
    desk,
    lethe: desk.engine(nightly, clock),
    now: (instant) => {
      clock.set(`${instant}.000000Z`);
    },
  };
}

const told = async (lethe: Engine): Promise<readonly string[]> =>
  (await notices(lethe)).map(
    ({ kind, message, isTrouble }) =>
      `${isTrouble ? '! ' : ''}${kind}: ${message.replace(/plan-\w+/, 'plan-x')}`,
  );

describe('what status tells', () => {
  afterEach(closeDesks);

  it('is loud about a slot that no worker has made a run of, after a quarter of an hour', async () => {
    const { lethe, now } = await scheduledDesk();
    now('2024-01-02T03:14:59');
    expect(await told(lethe)).to.deep.equal([]);
    now('2024-01-02T03:15:00');
    expect(await told(lethe)).to.deep.equal([
      '! schedule: its schedule asked for a run on 2024-01-02 03:00 UTC, and none was made: is `lethe worker` running?',
    ]);
    await workOnce(lethe, operator);
    expect((await told(lethe)).filter((line) => line.includes('schedule'))).to.deep.equal([]);
    now('2024-01-03T03:20:00');
    expect((await told(lethe))[0])
      .to.include('! schedule')
      .and.to.include('2024-01-03 03:00');
  });

  it('is loud about a run whose worker died before it was planned', async () => {
    const { desk, lethe, now } = await scheduledDesk();
    await desk.admin(`insert into lethe.job (id, policy, slot, made_at)
      values ('job-x', 'old-tickets', '2024-01-02T03:00Z', '2024-01-02T03:00Z')`);
    now('2024-01-02T03:10:00');
    expect(await told(lethe)).to.deep.equal([]);
    now('2024-01-02T03:20:00');
    expect(await told(lethe)).to.deep.equal([
      '! job: the run of 2024-01-02 03:00 UTC has not been planned yet: is `lethe worker` running?',
    ]);
  });

  it('says what waits for approval since when, which becomes trouble after a week', async () => {
    const { desk, lethe, now } = await scheduledDesk();
    now('2024-01-02T03:00:30');
    await workOnce(lethe, operator);
    await desk.admin("update lethe.plan set created_at = '2024-01-02T03:00:30Z'");
    const waiting = 'plan: waits for approval since 2024-01-02 03:00 UTC (0 of 1)';
    expect(await told(lethe)).to.deep.equal([waiting]);
    now('2024-01-03T03:00:30');
    await workOnce(lethe, operator);
    expect(await told(lethe)).to.deep.equal([
      'job: the run of 2024-01-03 03:00 UTC was left out: plan plan-x still waits for approval',
      waiting,
    ]);
    now('2024-01-09T03:01:00');
    await workOnce(lethe, operator);
    expect((await told(lethe))[0]).to.equal(`! ${waiting}`);
  });

  it('an approved plan is about to be applied for a quarter of an hour, then nobody applies it', async () => {
    const { lethe, now } = await scheduledDesk();
    now('2024-01-02T03:00:30');
    await workOnce(lethe, operator);
    now('2024-01-02T09:00:00');
    await lethe.retention.approve((await lethe.retention.unfinished())[0]?.id ?? '', approver);
    now('2024-01-02T09:14:00');
    expect(await told(lethe)).to.deep.equal(['run: is approved, and about to be applied']);
    now('2024-01-02T09:15:00');
    expect(await told(lethe)).to.deep.equal(['! run: approved, but not applied']);
  });

  it('a plan that looks ahead is not late before its own instant', async () => {
    const { lethe, now } = await scheduledDesk();
    now('2024-01-02T01:00:00');
    const { id } = await lethe.retention.plan('by-hand', officer, '2024-01-02T02:00:00Z');
    await lethe.retention.approve(id, approver);
    now('2024-01-02T01:30:00');
    expect(await told(lethe)).to.deep.equal([
      'run: is approved, and can be applied from 2024-01-02 02:00 UTC on',
    ]);
    now('2024-01-02T02:14:00');
    expect(await told(lethe)).to.deep.equal(['run: is approved, and about to be applied']);
  });

  it('is silent when every run is done, and loud about a job that failed until a later one is done', async () => {
    const { desk, lethe, now } = await scheduledDesk();
    now('2024-01-02T03:00:30');
    await workOnce(lethe, operator);
    await lethe.retention.approve((await lethe.retention.unfinished())[0]?.id ?? '', approver);
    await workOnce(lethe, operator);
    expect(await told(lethe)).to.deep.equal([]);
    await desk.admin(`insert into lethe.job (id, policy, slot, state, message)
      values ('job-x', 'old-tickets', '2024-01-02T03:01Z', 'failed', 'database_failed: no')`);
    expect(await told(lethe)).to.deep.equal([
      '! job: the run of 2024-01-02 03:01 UTC failed: database_failed: no',
    ]);
    now('2024-01-03T03:00:30');
    await workOnce(lethe, operator);
    expect(await told(lethe)).to.deep.equal([]);
  });

  it('tells of versions that wait, for their time and for approvals', async () => {
    const { desk, lethe, now } = await scheduledDesk();
    await desk.admin(`insert into lethe.publication
        (id, policy, kind, digest, published_at, published_by, change, not_before, approvers, assurance)
      select 'version-w', policy, kind, digest, '2024-01-01T13:00Z', published_by, 'takesMore', '2024-01-08T13:00Z', 1, 'asserted'
      from lethe.publication where policy = 'by-hand'`);
    expect(await told(lethe)).to.deep.equal([
      'version: a new version waits until 2024-01-08 13:00 UTC and for approval (0 of 1)',
    ]);
    now('2024-01-16T02:00:00');
    expect(await told(lethe)).to.include('! version: a new version waits for approval (0 of 1)');
  });
});
