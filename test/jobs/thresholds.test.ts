import { expect } from 'chai';
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
  type Json,
} from '../support/small-desk.js';

const NEW_YEAR = '2024-01-01T12:00:00.000000Z';
const second = { name: 'second', assurance: 'asserted' } as const;

const scheduled = (cron: string, upTo: number, different: Json = {}): readonly Json[] => [
  rule({ schedule: { cron, timeZone: 'Europe/Berlin', withoutApproval: { upTo } }, ...different }),
];

/** 30 tickets of which none is due yet; `dueNow` makes some of them. */
async function quietDesk(files: readonly Json[]) {
  const desk = await openDesk(busyDesk(30));
  await desk.admin("update shop.tickets set closed_at = '2030-01-01'");
  await published(desk, files, NEW_YEAR);
  const clock = testClock('2024-01-01T18:00:00.000000Z');
  const lethe = desk.engine(files, clock);
  return {
    ...{ desk, clock, lethe },
    dueNow: (...keys: readonly number[]) =>
      desk.admin(`update shop.tickets set closed_at = '2022-01-01' where id in (${keys.join()})`),
    at: async (instant: string) => {
      clock.set(`2024-01-${instant}:10.000000Z`);
      await workOnce(lethe, operator);
    },
    left: async () => (await ids(desk.admin, 'tickets')).length,
    states: async () => {
      const rows = await desk.admin<{ state: string }>('select state from lethe.job order by slot');
      return rows.map(({ state }) => state);
    },
    approvePending: async () => {
      for (const { id, state, items } of await lethe.retention.status())
        if (state === 'planned' && items > 0) await lethe.retention.approve(id, approver);
    },
  };
}

describe('what a schedule takes without approval', () => {
  afterEach(closeDesks);

  it('is counted by the day of its time zone, however many slots the day has', async () => {
    const { at, dueNow, approvePending, states, left } = await quietDesk(scheduled('*/30 * * * *', 3));
    await dueNow(1);
    await at('02T03:00');
    await approvePending();
    await at('02T03:05');
    expect(await left()).to.equal(29);
    await dueNow(2, 3);
    await at('02T03:30');
    expect(await left()).to.equal(27); // two of three
    await dueNow(4, 5);
    await at('02T04:00');
    expect(await left()).to.equal(27);
    expect((await states()).at(-1)).to.equal('waiting');
    await approvePending();
    await at('02T04:05');
    await dueNow(6);
    await at('02T22:30'); // three of three: what people approved does not count
    expect(await left()).to.equal(24);
    await dueNow(7);
    await at('02T23:00'); // midnight in Berlin
    expect(await left()).to.equal(23);
  });

  it('needs a plan that took something: nobody has seen what the rule takes in one that takes nothing', async () => {
    const { at, dueNow, left, lethe, states } = await quietDesk(scheduled('0 3 * * *', 5));
    const { id } = await lethe.retention.plan('old-tickets', officer, '2001-01-01T00:00:00Z');
    await lethe.retention.approve(id, approver);
    await dueNow(1, 2);
    await at('02T02:00');
    expect(await left()).to.equal(30);
    expect(await states()).to.deep.equal(['waiting']);
  });

  it('needs a plan that had all its approvals at one time', async () => {
    const approval = { approvers: 2, assurance: 'asserted', validFor: 'P1D' };
    const { at, clock, dueNow, left, lethe } = await quietDesk(scheduled('0 3 * * *', 5, { approval }));
    await dueNow(1, 2);
    const { id } = await lethe.retention.plan('old-tickets', officer);
    await lethe.retention.approve(id, approver);
    clock.set('2024-01-04T00:00:00.000000Z');
    await lethe.retention.approve(id, second);
    await at('04T02:00');
    expect(await left()).to.equal(30);
  });
});
