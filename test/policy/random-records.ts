import type { FactValues } from '../../src/policy/predicate.js';

/** Facts of the hostile map → values as the database gives them, canonical; null is missing. */
const VALUES: Readonly<Record<string, readonly (string | boolean | null | readonly (string | null)[])[]>> = {
  words: ['', null, 'a', 'a ', 'A', 'ab', 'abc', 'n/a', 'ä', 'a\u0308', '12abc', '%', 'b'],
  mixed: ['open', null, 'closed', 'ope', 'opened', '\u017f', 's'],
  big: ['0', null, '1', '-1', '7', '9007199254740992', '9007199254740993', '9223372036854775807'],
  exact: ['0', null, '1', '1.5', '-1.5', '0.1', '0.3', '0.30000000000000004', '1e-30'],
  double: ['0', null, '1', '0.1', '0.3', '0.30000000000000004', '1e+23', '9.999999999999999e+22', '-7'],
  flag: [true, null, false],
  uid: ['6ba7b810-9dad-11d1-80b4-00c04fd430c8', null, '00000000-0000-0000-0000-000000000000'],
  moment: [
    ...['2024-02-29T12:34:56.000001Z', null, '2020-12-31T23:30:00.000000Z', '2026-03-29T01:00:00.000000Z'],
    ...['2026-10-25T00:30:00.000000Z', '2023-02-28T18:00:00.000000Z', '2025-01-01T00:00:00.000000Z'],
  ],
  wallUtc: [
    '2022-05-31T10:00:00.000000Z',
    null,
    '2024-12-31T23:59:59.999999Z',
    '2026-11-20T00:00:00.000000Z',
  ],
  tags: [[], null, ['a'], ['a', 'b'], ['A'], [null, 'a'], [''], ['b', 'c']],
  numbers: [[], null, ['1'], ['1', '2'], ['9007199254740993'], ['0'], ['7', '1']],
};

export const FACTS: readonly string[] = Object.keys(VALUES);

/** Records in which every value stands in the company of ever other neighbours. */
export const RECORDS: readonly FactValues[] = Array.from({ length: 48 }, (_, row) =>
  Object.fromEntries(
    Object.entries(VALUES).map(([name, values], column) => {
      const round = Math.floor(row / values.length);
      return [name, values[(row + round * (column + 1)) % values.length] ?? null];
    }),
  ),
);
