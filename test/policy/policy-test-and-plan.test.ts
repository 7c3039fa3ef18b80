import { expect } from 'chai';
import fc from 'fast-check';
import {
  closeDesks,
  floor,
  officer,
  openDesk,
  rule,
  shown,
  TICKETS,
  ticketTable,
  type Json,
} from '../support/small-desk.js';
import { files, run, test } from './policy-tests.js';

describe('a policy test and a plan', () => {
  afterEach(closeDesks);

  it('agree on every record, whatever the rules, overrides and duties to keep', async () => {
    const { engine, admin, graph } = await openDesk({
      ddl: TICKETS,
      map: { tables: { tickets: ticketTable() }, edges: [] },
    });
    const now = '2024-01-01T00:00:00Z';
    const seen = new Set<string>();
    const agree = async (facts: readonly Json[], policies: readonly Json[]): Promise<void> => {
      const rows = facts.map(
        ({ status, closedAt }, id) => `(${id}, '${String(status)}', ${instant(closedAt)})`,
      );
      await admin(`truncate shop.tickets;
        insert into shop.tickets (id, status, closed_at) values ${rows.join(', ')}`);
      const planned = new Map<string, string>();
      for (const { id } of policies.filter(({ then }) => (then as Json)['action'] === 'delete')) {
        const lethe = engine(policies);
        const plan = await lethe.retention.plan(String(id), officer, now);
        for (const item of await shown(lethe, plan.id)) {
          const [record = '', outcome = ''] = item.split(' ');
          if (outcome === 'delete' || outcome === 'conflict') planned.set(record, outcome);
        }
      }
      for (const outcome of planned.values()) seen.add(outcome);
      const fixtures = Object.fromEntries(facts.map((fixture, id) => [`ticket/${id}`, fixture]));
      const content = test({ fixtures, now, expect: Object.fromEntries(planned) });
      const { failures } = await run(graph, { policies: files(...policies), tests: files(content) });
      expect(failures.filter(({ record }) => record !== '')).to.deep.equal([]);
    };
    await fc.assert(fc.asyncProperty(fc.array(ticket, { minLength: 6, maxLength: 12 }), policySet, agree), {
      numRuns: 25,
      seed: 20260917,
    });
    expect([...seen].sort()).to.deep.equal(['conflict', 'delete']);
  });
});

const instant = (value: unknown): string => (typeof value === 'string' ? `timestamptz '${value}'` : 'null');

const status = fc.constantFrom('open', 'closed', 'resolved');
const ticket: fc.Arbitrary<Json> = fc.record(
  {
    status,
    closedAt: fc.constantFrom(
      ...['2021-06-01T00:00:00Z', '2022-12-31T23:59:59.999999Z', '2023-01-01T00:00:00Z'],
      ...['2023-01-01T00:00:00.000001Z', '2014-01-01T00:00:00Z', '2013-06-01T00:00:00Z'],
    ),
  },
  { requiredKeys: ['status'] },
);

const when = fc.option(
  fc.oneof(
    status.map((value) => ({ fact: 'status', operator: 'equal', value })),
    status.map((value) => ({ not: { fact: 'status', operator: 'equal', value } })),
    fc.constant({ fact: 'closedAt', operator: 'newerThan', value: 'P2Y' }),
  ),
  { nil: undefined },
);
const length = fc.constantFrom('P1Y', 'P2Y', 'P10Y');

/** Three disposal rules that may override each other, down the list, and sometimes a duty to keep. */
const policySet: fc.Arbitrary<readonly Json[]> = fc
  .record({
    rules: fc.tuple(...['a', 'b', 'c'].map((id) => fc.record({ id: fc.constant(id), when, length }))),
    overrides: fc.subarray(['a>b', 'a>c', 'b>c']),
    duty: fc.option(fc.record({ when, length })),
  })
  .map(({ rules, overrides, duty }) => [
    ...rules.map(({ id, when: condition, length: period }) => {
      const named = overrides.filter((pair) => pair.startsWith(id)).map((pair) => pair.slice(-1));
      return rule({ id, ...body(condition, period), ...(named.length > 0 ? { overrides: named } : {}) });
    }),
    ...(duty ? [floor(body(duty.when, duty.length))] : []),
  ]);

const body = (condition: unknown, period: string): Json => ({
  keep: { for: period, from: 'closedAt', timeZone: 'UTC' },
  ...(condition === undefined ? {} : { when: condition }),
});
