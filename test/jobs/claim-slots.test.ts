import { expect } from 'chai';
import { parseCron, type Cron } from '../../src/core/cron.js';
import { claimSlots, slotsDue } from '../../src/jobs/claim-slots.js';
import type { PolicySchedule } from '../../src/policy/retention-policy.js';
import { at } from '../core/at.js';
import { busyDesk } from '../support/busy-desk.js';
import { published } from '../support/published.js';
import { closeDesks, openDesk, policiesOf, rule, type Desk, type Json } from '../support/small-desk.js';

const NIGHTLY = { cron: '0 3 * * *', timeZone: 'UTC' };
const schedule = (changes: Partial<PolicySchedule> = {}, cron = '0 3 * * *'): PolicySchedule => ({
  cron: parseCron(cron) as Cron,
  timeZone: 'UTC',
  missed: 'once',
  upTo: null,
  ...changes,
});
const due = (of: PolicySchedule, after: string, now: string): readonly string[] =>
  slotsDue(of, at(after), at(now)).map(({ slot, state }) => `${slot.slice(0, 16)} ${state}`);

describe('the slots that become jobs', () => {
  it('are each a job when a worker is there at the time', () => {
    expect(due(schedule(), '2026-01-01T00:00Z', '2026-01-01T02:59:59Z')).to.deep.equal([]);
    expect(due(schedule(), '2026-01-01T00:00Z', '2026-01-01T03:00Z')).to.deep.equal([
      '2026-01-01T03:00 open',
    ]);
    expect(due(schedule({}, '*/4 * * * *'), '2026-01-01T03:00Z', '2026-01-01T03:09Z')).to.deep.equal([
      '2026-01-01T03:04 open',
      '2026-01-01T03:08 open',
    ]);
  });

  it('that were missed are made up for once, for the latest of them', () => {
    expect(due(schedule(), '2026-01-01T00:00Z', '2026-01-05T12:00Z')).to.deep.equal([
      '2026-01-05T03:00 open',
    ]);
    expect(due(schedule(), '1990-01-01T00:00Z', '2026-01-05T12:00Z')).to.deep.equal([
      '2026-01-05T03:00 open',
    ]);
  });

  it('that were missed are not made up for when the newest is on time', () => {
    expect(due(schedule(), '2026-01-01T00:00Z', '2026-01-05T03:09Z')).to.deep.equal([
      '2026-01-05T03:00 open',
    ]);
  });

  it('that were missed are left out where the policy says so, and the latest is noted', () => {
    const skip = schedule({ missed: 'skip' });
    expect(due(skip, '2026-01-01T00:00Z', '2026-01-05T12:00Z')).to.deep.equal(['2026-01-05T03:00 skipped']);
    expect(due(skip, '2026-01-01T00:00Z', '2026-01-05T03:10:01Z')).to.deep.equal([
      '2026-01-05T03:00 skipped',
    ]);
    expect(due(skip, '2026-01-01T00:00Z', '2026-01-05T03:09Z')).to.deep.equal([
      '2026-01-04T03:00 skipped',
      '2026-01-05T03:00 open',
    ]);
  });
});

const jobs = (desk: Desk): Promise<readonly Json[]> =>
  desk.admin<Json>(
    "select policy, to_char(slot at time zone 'UTC', 'YYYY-MM-DD HH24:MI') as slot, state from lethe.job order by policy, lethe.job.slot",
  );

describe('claiming slots', () => {
  afterEach(closeDesks);
  const claim = async (desk: Desk, files: readonly Json[], now: string, since = now) =>
    claimSlots({
      db: desk.db,
      policies: policiesOf(desk.graph, files),
      now: at(now),
      watchedSince: at(since),
    });

  it('begins when the version comes into force, and goes on from the newest job', async () => {
    const desk = await openDesk(busyDesk(3));
    const nightly = [rule({ schedule: NIGHTLY }), rule({ id: 'by-hand' })];
    await published(desk, nightly, '2026-01-01T12:00Z');
    await claim(desk, nightly, '2026-01-01T18:00Z');
    expect(await jobs(desk)).to.deep.equal([]);
    await claim(desk, nightly, '2026-01-02T03:00Z');
    await claim(desk, nightly, '2026-01-02T03:01Z');
    await claim(desk, nightly, '2026-01-05T09:00Z');
    expect(await jobs(desk)).to.deep.equal([
      { policy: 'old-tickets', slot: '2026-01-02 03:00', state: 'open' },
      { policy: 'old-tickets', slot: '2026-01-05 03:00', state: 'open' },
    ]);
  });

  it('does not make up for slots of the time before a newer version came into force', async () => {
    const desk = await openDesk(busyDesk(3));
    const [first, second] = [[rule({ schedule: NIGHTLY })], [rule({ schedule: NIGHTLY, reason: 'another' })]];
    await published(desk, first, '2026-01-01T00:00Z');
    await claim(desk, first, '2026-01-01T03:00Z');
    await published(desk, second, '2026-03-01T12:00Z');
    await claim(desk, second, '2026-03-01T12:30Z');
    expect(await jobs(desk)).to.have.length(1);
  });

  it('of a policy that was never published begins when the worker does', async () => {
    const desk = await openDesk(busyDesk(3));
    await claim(desk, [rule({ schedule: NIGHTLY })], '2026-01-02T04:00Z', '2026-01-02T03:30Z');
    expect(await jobs(desk)).to.deep.equal([]);
    await claim(desk, [rule({ schedule: NIGHTLY })], '2026-01-03T04:00Z', '2026-01-02T03:30Z');
    expect(await jobs(desk)).to.have.length(1);
  });

  it('makes one job of each slot, however many workers see it at once', async () => {
    const desk = await openDesk(busyDesk(3));
    const files = [
      rule({ schedule: { cron: '*/2 * * * *', timeZone: 'UTC' } }),
      rule({ id: 'b', schedule: { cron: '* * * * *', timeZone: 'UTC' } }),
    ];
    const engines = await Promise.all(Array.from({ length: 4 }, () => desk.another(files)));
    const policies = policiesOf(desk.graph, files);
    const made = await Promise.all(
      Array.from({ length: 60 }, (_, n) => {
        const now = at(`2026-01-01T03:${String(Math.floor(n / 6)).padStart(2, '0')}:0${n % 6}Z`);
        const { db } = engines[n % 4] ?? expect.fail();
        return claimSlots({ db, policies, now, watchedSince: at('2026-01-01T02:59:30Z') });
      }),
    );
    const rows = await jobs(desk);
    expect(made.flat()).to.have.length(rows.length);
    expect(rows.filter(({ policy }) => policy === 'b').at(-1)).to.have.property('slot', '2026-01-01 03:09');
    expect(new Set(rows.map((row) => JSON.stringify(row))).size).to.equal(rows.length);
  });
});
