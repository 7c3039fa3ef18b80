import { expect } from 'chai';
import { conditionFindings, draft, findings } from './draft.js';

const leaf = { fact: 'status', operator: 'equal', value: 'open' };

const nested = (depth: number): unknown => (depth === 0 ? leaf : { not: nested(depth - 1) });

/** What is wrong → condition → findings. */
const CASES: readonly (readonly [string, unknown, readonly string[]])[] = [
  [
    'an unknown fact',
    { all: [{ ...leaf, fact: 'closed_at' }] },
    ['when.all[0].fact: unknown fact "closed_at" for record "ticket" (did you mean "closedAt"?)'],
  ],
  [
    'a column that is stored encrypted',
    { ...leaf, fact: 'subject' },
    ['when.fact: "subject" of record "ticket" is stored encrypted: no condition can ask for it'],
  ],
  [
    'a fact of another record',
    { ...leaf, fact: 'sizeBytes' },
    ['when.fact: unknown fact "sizeBytes" for record "ticket"'],
  ],
  [
    'a name JavaScript knows',
    { ...leaf, fact: 'constructor' },
    ['when.fact: unknown fact "constructor" for record "ticket"'],
  ],
  ['a fact that is no name', { ...leaf, fact: 7 }, ['when.fact: must be the name of a fact']],
  ['a missing fact', { operator: 'equal', value: 'open' }, ['when.fact: is missing']],
  ['a missing operator', { fact: 'status', value: 'open' }, ['when.operator: is missing']],
  ['a missing value', { fact: 'status', operator: 'equal' }, ['when.value: is missing']],
  ['a missing list', { fact: 'status', operator: 'in' }, ['when.value: is missing']],
  ['a missing period', { fact: 'closedAt', operator: 'olderThan' }, ['when.value: is missing']],
  [
    'an unknown operator',
    { ...leaf, operator: 'equals' },
    ['when.operator: unknown operator "equals" (did you mean "equal"?)'],
  ],
  [
    'an operator of another engine',
    { ...leaf, operator: 'matchesRegExp' },
    ['when.operator: unknown operator "matchesRegExp"'],
  ],
  [
    'an operator that is inherited',
    { ...leaf, operator: 'toString' },
    ['when.operator: unknown operator "toString"'],
  ],
  [
    'an operator that does not fit',
    { ...leaf, operator: 'lessThan' },
    [
      'when.operator: "lessThan" does not fit fact "status" of type text (fitting: equal, notEqual, in, notIn, startsWith, missing, present)',
    ],
  ],
  [
    'a path into the fact',
    { ...leaf, path: '$.x' },
    ['when: unknown key "path" (known: fact, operator, value)'],
  ],
  [
    'parameters of the fact',
    { ...leaf, params: {} },
    ['when: unknown key "params" (known: fact, operator, value)'],
  ],
  [
    'a misspelt key',
    { fact: 'status', operator: 'equal', valeu: 'open' },
    ['when: unknown key "valeu" (did you mean "value"?)', 'when.value: is missing'],
  ],
  [
    'a group beside a fact',
    { ...leaf, all: [leaf] },
    ['when: unknown key "all" (known: fact, operator, value)'],
  ],
  ['a misspelt group', { al: [leaf] }, ['when: unknown key "al" (did you mean "all"?)']],
  [
    'a named condition',
    { condition: 'shared' },
    ['when: unknown key "condition" (known: all, any, not, fact)'],
  ],
  [
    'two groups',
    { all: [leaf], any: [leaf] },
    ['when: holds "all" and "any"; a condition has exactly one of all, any, not'],
  ],
  ['an empty "all"', { all: [] }, ['when.all: is an empty group; give at least one condition']],
  [
    'an empty "any" inside "not"',
    { not: { any: [] } },
    ['when.not.any: is an empty group; give at least one condition'],
  ],
  ['an empty condition', {}, ['when: is empty']],
  [
    'a condition that is null',
    null,
    ['when: must be a condition: {"all": […]}, {"any": […]}, {"not": …} or {"fact", "operator", "value"}'],
  ],
  ['a group that is no list', { all: leaf }, ['when.all: must be a list of conditions']],
  [
    'a list under "not"',
    { not: [leaf] },
    [
      'when.not: must be a condition: {"all": […]}, {"any": […]}, {"not": …} or {"fact", "operator", "value"}',
    ],
  ],
  [
    'an empty list',
    { ...leaf, operator: 'in', value: [] },
    ['when.value: is an empty list; it matches nothing'],
  ],
  ['a list that is none', { ...leaf, operator: 'in' }, ['when.value: must be a list of values']],
  [
    'a list for "equal"',
    { ...leaf, value: ['open'] },
    ['when.value: must be one value; a list goes with "in" or "notIn"'],
  ],
  [
    'a list in a list',
    { ...leaf, operator: 'in', value: [['open']] },
    ['when.value[0]: must be one value; a list goes with "in" or "notIn"'],
  ],
  ['a number for text', { ...leaf, value: 7 }, ['when.value: must be text']],
  ['null for text', { ...leaf, value: null }, ['when.value: must be text']],
  ['null in a list', { ...leaf, operator: 'in', value: ['open', null] }, ['when.value[1]: must be text']],
  ['an object for text', { ...leaf, value: { fact: 'priority' } }, ['when.value: must be text']],
  [
    'a text for true',
    { fact: 'hasRecording', operator: 'equal', value: 'true' },
    ['when.value: must be true or false'],
  ],
  [
    'a number for true',
    { fact: 'hasRecording', operator: 'equal', value: 1 },
    ['when.value: must be true or false'],
  ],
  [
    'an instant without offset',
    { fact: 'closedAt', operator: 'lessThan', value: '2026-11-21T00:00:00' },
    ['when.value: must be an instant with an offset, such as "2026-11-21T00:00:00Z"'],
  ],
  [
    'a date for an instant',
    { fact: 'closedAt', operator: 'lessThan', value: '2026-11-21' },
    ['when.value: must be an instant with an offset, such as "2026-11-21T00:00:00Z"'],
  ],
  [
    'a day that does not exist',
    { fact: 'closedAt', operator: 'lessThan', value: '2025-02-29T00:00:00Z' },
    ['when.value: must be an instant with an offset, such as "2026-11-21T00:00:00Z"'],
  ],
  [
    'infinity for an instant',
    { fact: 'closedAt', operator: 'lessThan', value: 'infinity' },
    ['when.value: must be an instant with an offset, such as "2026-11-21T00:00:00Z"'],
  ],
  [
    'a period in hours',
    { fact: 'closedAt', operator: 'olderThan', value: 'PT5H' },
    [
      'when.value: "PT5H": a retention period counts calendar units (years, months, weeks, days); write days, not hours',
    ],
  ],
  [
    'a period that is a number',
    { fact: 'closedAt', operator: 'olderThan', value: 3 },
    ['when.value: must be a period such as "P3Y"'],
  ],
  [
    'a value for "missing"',
    { fact: 'closedAt', operator: 'missing', value: false },
    ['when.value: "missing" takes no value'],
  ],
  [
    'a text list compared as one value',
    { fact: 'tags', operator: 'equal', value: 'x' },
    [
      'when.operator: "equal" does not fit fact "tags" of type text[] (fitting: contains, doesNotContain, missing, present)',
    ],
  ],
  ['more than 32 levels', nested(33), [`when${'.not'.repeat(33)}: is nested more than 32 deep`]],
];

describe('a condition with something wrong', () => {
  for (const [what, when, expected] of CASES)
    it(`${what} is an error that names the place`, async () => {
      expect(await conditionFindings(when)).to.deep.equal(expected);
    });

  it('32 levels are allowed', async () => {
    expect(await conditionFindings(nested(32))).to.deep.equal([]);
  });

  it('every finding is reported at once', async () => {
    const when = {
      all: [
        { fact: 'closed_at', operator: 'older', value: 'P1Y' },
        { not: { any: [{ fact: 'status', operator: 'in', value: [1, 'open', true] }, {}] } },
        { fact: 'createdAt', operator: 'newerThan', value: '3 years' },
      ],
    };
    expect(await conditionFindings(when)).to.deep.equal([
      'when.all[0].fact: unknown fact "closed_at" for record "ticket" (did you mean "closedAt"?)',
      'when.all[0].operator: unknown operator "older" (did you mean "olderThan"?)',
      'when.all[1].not.any[0].value[0]: must be text',
      'when.all[1].not.any[0].value[2]: must be text',
      'when.all[1].not.any[1]: is empty',
      'when.all[2].value: "3 years": a period starts with a capital P, as in "P3Y", "P1Y6M", "P2W" or "P30D"',
    ]);
  });

  const numbers: readonly (readonly [string, string, string | null])[] = [
    [
      'an integer that JSON numbers round',
      '9007199254740993',
      'when.value: is too large to be kept exactly as a number; write it as text, such as "9007199254740993"',
    ],
    ['the same as text', '"9007199254740993"', null],
    ['an exponent too large', '"1e99999"', 'when.value: must be a number'],
    [
      'a number beyond every double',
      '1e400',
      'when.value: is too large to be kept exactly as a number; write it as text, such as "9007199254740993"',
    ],
    ['a text with a unit', '"12abc"', 'when.value: must be a number'],
    ['an empty text', '""', 'when.value: must be a number'],
    ['a hexadecimal text', '"0x10"', 'when.value: must be a number'],
    ['true', 'true', 'when.value: must be a number'],
  ];
  for (const [what, value, message] of numbers)
    it(`${what} ${message === null ? 'is a number' : 'is no number'}`, async () => {
      const when = { fact: 'ticketCount', operator: 'equal', value: '?' };
      const keep = { for: 'P3Y', from: 'createdAt', timeZone: 'UTC' };
      const text = JSON.stringify(draft({ record: 'customer', keep, when })).replace('"?"', value);
      expect(await findings(text)).to.deep.equal(message === null ? [] : [`policies/a.json: ${message}`]);
    });
});
