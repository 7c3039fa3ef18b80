import { expect } from 'chai';
import fc from 'fast-check';
import { AS_OF, closeDesks, floor, hold, officer, rule, shown, type Json } from '../support/small-desk.js';
import { desk, keep, told, upTo } from './diff-desk.js';

describe('the difference of drafts, of any policies', () => {
  afterEach(closeDesks);

  it('what is gained and lost is what plans take under the one set and the other', async () => {
    const { engine, admin } = await desk();
    await engine([]).holds.place({ ...hold, scope: { kind: 'record', record: 'ticket/3' } }, officer);
    await engine([]).holds.place({ ...hold, scope: { kind: 'record', record: 'file/70' } }, officer);
    await admin("update shop.tickets set status = 'resolved' where id % 3 = 0");
    /** Record → the rule that takes it. */
    const taken = async (policies: readonly Json[]): Promise<ReadonlyMap<string, string>> => {
      const lethe = engine(policies);
      const found = new Map<string, string>();
      for (const { id, then } of policies) {
        if ((then as Json)['action'] !== 'delete') continue;
        const plan = await lethe.retention.plan(String(id), officer, AS_OF);
        for (const line of await shown(lethe, plan.id))
          if (line.endsWith(' delete')) found.set(line.replace(' delete', ''), String(id));
      }
      return found;
    };
    const total = { gained: 0, lost: 0 };
    await fc.assert(
      fc.asyncProperty(policySet, policySet, async (inForce, drafts) => {
        const remove = inForce
          .map(({ id }) => String(id))
          .filter((id) => !drafts.some((other) => other['id'] === id));
        const policies = drafts.map(({ id }) => String(id));
        const { records, diff } = await told(engine(inForce), drafts, { remove, policies });
        const [before, after] = [await taken(inForce), await taken(drafts)];
        const expected = [
          ...[...after].flatMap(([record, id]) => (before.has(record) ? [] : [`gained ${record} ${id}`])),
          ...[...before].flatMap(([record, id]) => (after.has(record) ? [] : [`lost ${record} ${id}`])),
        ].sort();
        const changes = records
          .filter((line) => /^(gained|lost) /.test(line))
          .map((line) => line.split(' ').slice(0, 3).join(' '));
        expect(changes).to.deep.equal(expected);
        for (const change of ['gained', 'lost'] as const) {
          const sum = diff.policies.reduce((all, policy) => all + policy[change].records, 0);
          expect(sum).to.equal(expected.filter((line) => line.startsWith(change)).length);
          total[change] += sum;
        }
      }),
      { numRuns: 10, seed: 20260917 },
    );
    expect(total.gained).to.be.greaterThan(10);
    expect(total.lost).to.be.greaterThan(10);
  });
});

const status = fc.constantFrom('open', 'closed', 'resolved');
const when = fc.option(
  status.map((value) => ({ when: { not: { fact: 'status', operator: 'equal', value } } })),
  { nil: {} },
);
const ticketRule = (id: string, overrides: readonly string[]): fc.Arbitrary<Json> =>
  fc
    .record({ months: fc.integer({ min: 1, max: 12 }), when, named: fc.subarray([...overrides]) })
    .map(({ months, when: condition, named }) =>
      upTo(months, { id, ...condition, ...(named.length > 0 ? { overrides: named } : {}) }),
    );
const duty: fc.Arbitrary<Json> = fc
  .record({
    months: fc.integer({ min: 1, max: 12 }),
    when,
    covers: fc.constantFrom(undefined, ['user.content']),
  })
  .map(({ months, when: condition, covers }) =>
    floor({
      ...{ id: 'duty', ...keep(`P${36 - months}M`), ...condition },
      then: { action: 'keep', ...(covers ? { covers } : {}) },
    }),
  );
const fileRule: fc.Arbitrary<Json> = fc
  .constantFrom('P1Y', 'P9Y')
  .map((period) => rule({ id: 'files', record: 'file', ...keep(period, 'madeAt') }));

/** One or two rules over tickets, of which one may override the other, and sometimes a duty to keep and a rule over files. */
const policySet: fc.Arbitrary<readonly Json[]> = fc
  .tuple(
    fc.oneof(fc.tuple(ticketRule('a', [])), fc.tuple(ticketRule('a', ['b']), ticketRule('b', []))),
    fc.option(duty),
    fc.option(fileRule),
  )
  .map(([rules, floors, files]) => [...rules, ...(floors ? [floors] : []), ...(files ? [files] : [])]);
