import { expect } from 'chai';
import type { ConditionEntry } from '../../src/policy/condition-schema.js';
import type { Condition } from '../../src/policy/condition.js';
import { excludes, implies } from '../../src/publication/implied.js';
import { readCondition } from '../../src/policy/read-condition.js';
import { at } from '../core/at.js';
import { leavesOf } from '../parity/conditions.js';
import { hostileMap } from '../parity/hostile-map.js';
import { conditionOf, decided } from '../parity/readings.js';
import { FACTS, RECORDS } from '../policy/random-records.js';

const { table } = hostileMap();
const AS_OF = at('2026-11-21T00:00:00Z');

const fail = (path: string, message: string): never => expect.fail(`${path}: ${message}`);

function condition(entry: ConditionEntry): Condition {
  const read = readCondition({ table, timeZone: 'UTC', report: fail }, entry, 'when');
  return read ?? expect.fail();
}
const leaf = (fact: string, operator: string, value?: unknown): ConditionEntry => ({
  fact,
  operator,
  ...(value === undefined ? {} : { value }),
});

/** Narrower, wider: the first implies the second and not the other way round. */
const NARROWER: readonly (readonly [ConditionEntry, ConditionEntry])[] = [
  [leaf('words', 'equal', 'a'), leaf('words', 'in', ['a', 'b'])],
  [leaf('words', 'in', ['a']), leaf('words', 'in', ['a', 'b'])],
  [leaf('words', 'equal', 'a'), leaf('words', 'notEqual', 'b')],
  [leaf('words', 'notIn', ['a', 'b']), leaf('words', 'notEqual', 'a')],
  [leaf('words', 'equal', 'a'), leaf('words', 'present')],
  [leaf('words', 'startsWith', 'abc'), leaf('words', 'startsWith', 'ab')],
  [leaf('words', 'startsWith', 'ab'), { not: leaf('words', 'startsWith', 'b') }],
  [{ not: leaf('words', 'startsWith', 'a') }, { not: leaf('words', 'startsWith', 'ab') }],
  [leaf('mixed', 'equal', 'OPEN'), leaf('mixed', 'startsWith', 'op')],
  [leaf('big', 'lessThan', 3), leaf('big', 'lessThan', 4)],
  [leaf('big', 'lessThan', 3), leaf('big', 'lessThanInclusive', 3)],
  [leaf('big', 'lessThanInclusive', 2), leaf('big', 'lessThan', 3)],
  [leaf('big', 'lessThan', 3), leaf('big', 'notEqual', 3)],
  [leaf('double', 'greaterThan', 0.3), leaf('double', 'greaterThanInclusive', 0.3)],
  [leaf('moment', 'greaterThan', '2024-01-01T00:00:00Z'), leaf('moment', 'present')],
  [leaf('moment', 'olderThan', 'P3Y'), leaf('moment', 'olderThan', 'P2Y')],
  [leaf('moment', 'newerThan', 'P2Y'), leaf('moment', 'newerThan', 'P3Y')],
  [leaf('moment', 'olderThan', 'P3Y'), { not: leaf('moment', 'newerThan', 'P2Y') }],
  [{ all: [leaf('flag', 'equal', true), leaf('words', 'equal', 'a')] }, leaf('flag', 'equal', true)],
  [leaf('flag', 'equal', true), { any: [leaf('words', 'equal', 'a'), leaf('flag', 'equal', true)] }],
  [
    { all: [leaf('flag', 'equal', true), leaf('words', 'in', ['a']), leaf('big', 'missing')] },
    { all: [leaf('words', 'in', ['b', 'a']), leaf('flag', 'equal', true)] },
  ],
  [
    { not: { any: [leaf('flag', 'equal', true), leaf('words', 'equal', 'a')] } },
    leaf('words', 'notEqual', 'a'),
  ],
];

/** Every operator on every kind of fact, with the keys of the records of which it is true. */
async function answers() {
  const values = new Map(RECORDS.map((record, key) => [key, record]));
  const known = FACTS.flatMap((name) => table.facts.get(name) ?? []);
  const leaves = leavesOf({ ...table, facts: new Map(known.map((fact) => [fact.name, fact])) }, RECORDS, 2);
  return Promise.all(
    leaves.map(async ({ fact, entry }) => {
      const bound = conditionOf(table, { entry, timeZone: 'UTC', asOf: AS_OF });
      return { fact, entry, condition: condition(entry), keys: await decided(bound, values) };
    }),
  );
}

describe('what one condition says of another', () => {
  it('is shown for what people write: shorter lists, nearer bounds, longer periods, one condition more', () => {
    for (const [narrow, wide] of NARROWER) {
      const told = `${JSON.stringify(narrow)} ⇒ ${JSON.stringify(wide)}`;
      expect(implies(condition(narrow), condition(wide)), told).to.equal(true);
      expect(implies(condition(wide), condition(narrow)), `not the converse of ${told}`).to.equal(false);
      expect(implies(condition(narrow), condition(narrow)), told).to.equal(true);
    }
  });

  it('every record satisfies no condition at all, and only that', () => {
    const any = condition(leaf('flag', 'present'));
    expect(implies(any, null)).to.equal(true);
    expect(implies(null, any)).to.equal(false);
    expect(implies(null, null)).to.equal(true);
    expect(excludes(null, any)).to.equal(false);
  });

  it('two conditions that ask different things of one fact exclude each other', () => {
    const excluded: readonly (readonly [ConditionEntry, ConditionEntry])[] = [
      [leaf('words', 'equal', 'a'), leaf('words', 'in', ['b', 'c'])],
      [leaf('words', 'missing'), leaf('words', 'notEqual', 'b')],
      [leaf('big', 'lessThan', 3), leaf('big', 'greaterThanInclusive', 3)],
      [leaf('moment', 'olderThan', 'P3Y'), leaf('moment', 'newerThan', 'P2Y')],
      [
        { all: [leaf('flag', 'present'), leaf('words', 'equal', 'a')] },
        { any: [leaf('words', 'equal', 'b'), leaf('words', 'missing')] },
      ],
    ];
    for (const [one, other] of excluded) {
      expect(excludes(condition(one), condition(other)), JSON.stringify(one)).to.equal(true);
      expect(excludes(condition(other), condition(one)), JSON.stringify(one)).to.equal(true);
    }
    expect(excludes(condition(leaf('words', 'equal', 'a')), condition(leaf('flag', 'present')))).to.equal(
      false,
    );
  });

  it('holds of every record, for all pairs of tests of one fact', async () => {
    const all = await answers();
    let [implied, excluded] = [0, 0];
    for (const one of all)
      for (const other of all.filter(({ fact }) => fact === one.fact)) {
        const told = `${JSON.stringify(one.entry)} and ${JSON.stringify(other.entry)}`;
        if (implies(one.condition, other.condition)) {
          implied += 1;
          if (![...one.keys].every((key) => other.keys.has(key))) expect.fail(`implies: ${told}`);
        }
        if (excludes(one.condition, other.condition)) {
          excluded += 1;
          if ([...one.keys].some((key) => other.keys.has(key))) expect.fail(`excludes: ${told}`);
        }
      }
    expect(implied).to.be.greaterThan(all.length * 3);
    expect(excluded).to.be.greaterThan(all.length * 3);
  }).timeout(120_000);
});
