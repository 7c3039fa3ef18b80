import { expect } from 'chai';
import {
  approvedPlan,
  closeDesks,
  floor,
  ids,
  openDesk,
  operator,
  rule,
  shown,
  TICKETS,
  ticketRows,
  ticketTable,
  type Json,
} from '../support/small-desk.js';

/** Then the tickets, closed in June 2021, were due for half a year, and no two years old. */
const LONG_AGO = '2022-12-01T00:00:00Z';
const when = { fact: 'closedAt', operator: 'olderThan', value: 'P2Y' };

const desk = () =>
  openDesk({
    ddl: `${TICKETS}; ${ticketRows([1, 2], [3])}`,
    map: { tables: { tickets: ticketTable() }, edges: [] },
  });

const CASES: readonly (readonly [what: string, rules: readonly Json[], outcome: RegExp])[] = [
  ['a duty to keep', [rule(), floor({ when })], /^ticket\/\d protected floor-/],
  [
    'another rule that claims the record',
    [rule(), rule({ id: 'other', when, keep: { for: 'P9Y', from: 'closedAt', timeZone: 'UTC' } })],
    /^ticket\/\d conflict other$/,
  ],
];

describe('a plan that looks back', () => {
  afterEach(closeDesks);

  for (const [what, rules, outcome] of CASES) {
    it(`does not pass by ${what} today`, async () => {
      const { engine, admin } = await desk();
      const lethe = engine(rules);
      const plan = await approvedPlan(lethe, 'old-tickets', LONG_AGO);
      expect(await shown(lethe, plan)).to.have.length(2);
      for (const line of await shown(lethe, plan)) expect(line).to.match(outcome);
      await lethe.retention.apply(plan, operator);
      expect(await ids(admin, 'tickets')).to.deep.equal(['1', '2', '3']);
    });

    it(`is stopped in its run by ${what} since it was made`, async () => {
      const { engine, admin } = await desk();
      const young = engine(rules, { now: () => '2022-12-02T00:00:00.000000Z' as never });
      const plan = await approvedPlan(young, 'old-tickets', LONG_AGO);
      expect(await shown(young, plan)).to.deep.equal(['ticket/1 delete', 'ticket/2 delete']);
      await admin("update lethe.approval set expires_at = '2030-01-01'");
      const lethe = engine(rules);
      await lethe.retention.apply(plan, operator);
      expect(await ids(admin, 'tickets')).to.deep.equal(['1', '2', '3']);
      for (const line of await shown(lethe, plan)) expect(line).to.match(outcome);
    });
  }
});
