import { expect } from 'chai';
import type { Engine } from '../../src/engine.js';
import { workOnce } from '../../src/jobs/worker.js';
import { busyDesk } from '../support/busy-desk.js';
import { published, testClock } from '../support/published.js';
import {
  approver,
  closeDesks,
  ids,
  officer,
  openDesk,
  operator,
  rule,
  type Desk,
  type Json,
} from '../support/small-desk.js';

const nightly = (upTo: number | null, different: Json = {}): readonly Json[] => [
  rule({
    schedule: { cron: '0 3 * * *', timeZone: 'UTC', ...(upTo === null ? {} : { withoutApproval: { upTo } }) },
    ...different,
  }),
];

interface Job extends Json {
  readonly state: string;
  readonly message: string | null;
  readonly plan_id: string | null;
}

const jobs = (desk: Desk): Promise<readonly Job[]> =>
  desk.admin<Job>('select * from lethe.job order by slot');
const states = async (desk: Desk): Promise<readonly string[]> => (await jobs(desk)).map(({ state }) => state);

/** A desk of 30 tickets, 20 of them due, its schedule in force since New Year's Day. */
async function scheduledDesk(files: readonly Json[]) {
  const desk = await openDesk(busyDesk(30));
  await published(desk, files, '2024-01-01T12:00:00.000000Z');
  const clock = testClock('2024-01-01T18:00:00.000000Z');
  const night = (day: number, time = '03:00:10'): void => {
    clock.set(`2024-01-${String(day).padStart(2, '0')}T${time}.000000Z`);
  };
  return { desk, clock, night, lethe: desk.engine(files, clock) };
}

const work = (engine: Engine) => workOnce(engine, operator);

describe('a scheduled plan', () => {
  afterEach(closeDesks);

  it('is made as of its slot, and waits for approval when it is the first of its version', async () => {
    const { desk, night, lethe } = await scheduledDesk(nightly(500));
    expect(await work(lethe)).to.deep.equal([]);
    night(2);
    await work(lethe);
    const [job] = await jobs(desk);
    const [plan] = await lethe.retention.status();
    expect(job).to.include({ state: 'waiting', plan_id: plan?.id });
    expect(plan).to.include({
      asOf: '2024-01-02T03:00:00.000000Z',
      slot: '2024-01-02T03:00:00.000000Z',
      items: 20,
    });
    expect(plan?.approvals).to.include({ given: 0, needed: 1 });
    expect(await ids(desk.admin, 'tickets')).to.have.length(30);
    await lethe.retention.approve(plan?.id ?? '', approver);
    await work(lethe);
    expect(await states(desk)).to.deep.equal(['done']);
    expect(await ids(desk.admin, 'tickets')).to.have.length(10);
  });

  it('applies by itself up to the threshold once a plan of the version was approved, and says why', async () => {
    const { desk, night, lethe } = await scheduledDesk(nightly(3));
    await approveFirst(lethe, night);
    await desk.admin("update shop.tickets set closed_at = '2022-01-01' where id in (3, 6, 9)");
    night(3);
    await work(lethe);
    expect(await states(desk)).to.deep.equal(['done', 'done']);
    expect(await ids(desk.admin, 'tickets')).to.have.length(7);
    const [plan] = await desk.admin<{ approvers: number; scheduled: Json }>(
      "select approvers, report -> 'scheduled' as scheduled from lethe.plan order by slot desc limit 1",
    );
    expect(plan?.approvers).to.equal(0);
    expect(plan?.scheduled).to.include({ byItself: true });
    expect(plan?.scheduled['because']).to.match(
      /^it takes 3 records of at most 3, and plan plan-\w+ of the same version was approved$/,
    );
  });

  it('above the threshold waits for approval', async () => {
    const { desk, night, lethe } = await scheduledDesk(nightly(2));
    await approveFirst(lethe, night);
    await desk.admin("update shop.tickets set closed_at = '2022-01-01' where id in (3, 6, 9)");
    night(3);
    await work(lethe);
    expect(await states(desk)).to.deep.equal(['done', 'waiting']);
    expect(await ids(desk.admin, 'tickets')).to.have.length(10);
  });

  it('of a new version waits again, and so does one under another data map', async () => {
    const { desk, clock, night, lethe } = await scheduledDesk(nightly(500));
    await approveFirst(lethe, night);
    const changed = nightly(500, { reason: 'another' });
    await published(desk, changed, '2024-01-02T12:00:00.000000Z');
    await desk.admin("update shop.tickets set closed_at = '2022-01-01' where id = 3");
    night(3);
    await work(desk.engine(changed, clock));
    expect(await states(desk)).to.deep.equal(['done', 'waiting']);
    const [plan] = (await lethe.retention.status()).filter(({ state }) => state === 'planned');
    await lethe.retention.withdraw(plan?.id ?? '', officer);
    await published(desk, nightly(500), '2024-01-03T12:00:00.000000Z');
    night(4);
    await work(desk.engine(nightly(500), clock, { ...desk.graph, digest: 'a'.repeat(64), text: '{}' }));
    expect(await states(desk)).to.deep.equal(['done', 'skipped', 'waiting']);
  });

  it('without a threshold always waits, unless it takes nothing', async () => {
    const { desk, night, lethe } = await scheduledDesk(nightly(null));
    await approveFirst(lethe, night);
    night(3);
    await work(lethe);
    expect(await states(desk)).to.deep.equal(['done', 'done']);
    await desk.admin("update shop.tickets set closed_at = '2022-01-01' where id = 3");
    night(4);
    await work(lethe);
    expect(await states(desk)).to.deep.equal(['done', 'done', 'waiting']);
  });

  it('is not made while an earlier one waits: the slot is left out and says so', async () => {
    const { desk, night, lethe } = await scheduledDesk(nightly(500));
    night(2);
    await work(lethe);
    night(3);
    await work(lethe);
    const [first, second] = await jobs(desk);
    expect([first?.state, second?.state]).to.deep.equal(['waiting', 'skipped']);
    expect(second?.message).to.equal(`plan ${String(first?.plan_id)} still waits for approval`);
    expect(await lethe.retention.status()).to.have.length(1);
  });

  it('that waits is withdrawn when its policy has changed, and the next slot has a plan of its own', async () => {
    const { desk, clock, night, lethe } = await scheduledDesk(nightly(500));
    night(2);
    await work(lethe);
    const changed = nightly(500, { reason: 'another' });
    await published(desk, changed, '2024-01-02T12:00:00.000000Z');
    night(3);
    await work(desk.engine(changed, clock));
    const [first, second] = await jobs(desk);
    expect(first).to.include({ state: 'skipped' });
    expect(first?.message).to.include('has changed since');
    expect(second).to.include({ state: 'waiting' });
    expect((await lethe.retention.status()).map(({ state }) => state)).to.have.members([
      'withdrawn',
      'planned',
    ]);
  });

  it('is not made while a run of the policy goes on; the run is gone on with', async () => {
    const { desk, night, lethe } = await scheduledDesk(nightly(500));
    night(2);
    await work(lethe);
    const [plan] = await lethe.retention.status();
    await lethe.retention.approve(plan?.id ?? '', approver);
    await desk.admin("update lethe.plan set state = 'applying', started_at = '2024-01-02T04:00Z'");
    night(3);
    await work(lethe);
    const [first, second] = await jobs(desk);
    expect([first?.state, second?.state]).to.deep.equal(['done', 'skipped']);
    expect(second?.message).to.equal(`the run of plan ${plan?.id ?? ''} is still going on`);
    expect(await ids(desk.admin, 'tickets')).to.have.length(10);
  });

  it('of a policy that is no longer in force is not made', async () => {
    const { desk, clock, night, lethe } = await scheduledDesk(nightly(500));
    night(2);
    await desk.admin(
      "insert into lethe.job (id, policy, slot) values ('job-x', 'old-tickets', '2024-01-02T03:00Z'), ('job-y', 'gone', '2024-01-02T03:00Z')",
    );
    await work(desk.engine([rule()], clock));
    expect(await states(desk)).to.deep.equal(['skipped', 'skipped']);
    expect(await lethe.retention.status()).to.deep.equal([]);
  });

  it('that cannot be made is tried again, then fails loudly; the next slot is tried anew', async () => {
    const { desk, clock, night } = await scheduledDesk(nightly(500));
    night(2);
    await desk.admin('alter table shop.messages rename column ticket_id to ticket');
    const lethe = desk.engine(nightly(500), clock);
    const outcomes = [];
    for (let round = 0; round < 5; round += 1)
      outcomes.push(...(await work(lethe)).map(({ outcome }) => outcome));
    expect(await states(desk)).to.deep.equal(['failed']);
    expect(outcomes).to.include('failed');
    await desk.admin('alter table shop.messages rename column ticket to ticket_id');
    night(3);
    await work(desk.engine(nightly(500), clock));
    expect(await states(desk)).to.deep.equal(['failed', 'waiting']);
  });

  it('is made once when several workers meet its slot, and each of them may finish it', async () => {
    const { desk, clock, night, lethe } = await scheduledDesk(nightly(500));
    await approveFirst(lethe, night);
    await desk.admin("update shop.tickets set closed_at = '2022-01-01'");
    night(3);
    const others = await Promise.all([1, 2, 3].map(() => desk.another(nightly(500), clock)));
    await Promise.all(others.map(work));
    await work(lethe);
    expect(await states(desk)).to.deep.equal(['done', 'done']);
    expect(await lethe.retention.status()).to.have.length(2);
    expect(await ids(desk.admin, 'tickets')).to.deep.equal([]);
  });
});

/** The first night: planned, approved, applied. */
async function approveFirst(lethe: Engine, night: (day: number) => void): Promise<void> {
  night(2);
  await work(lethe);
  const [plan] = await lethe.retention.status();
  await lethe.retention.approve(plan?.id ?? '', approver);
  await work(lethe);
}
