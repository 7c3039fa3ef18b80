import fc from 'fast-check';
import { fromMicros, parseInstant, toMicros, type Instant } from '../../src/core/instant.js';
import { parseDecimal } from '../../src/core/decimal.js';
import { dueOf, parsePeriod } from '../../src/core/period.js';
import type { MapFact, MapTable } from '../../src/datamap/graph.js';
import type { FactType } from '../../src/datamap/schema.js';
import type { ConditionEntry } from '../../src/policy/condition-schema.js';
import type { FactValue, FactValues } from '../../src/policy/predicate.js';
import type { Question } from './readings.js';

const ZONES = ['UTC', 'Europe/Berlin', 'America/St_Johns', 'Pacific/Apia'];
const PERIODS = ['P1D', 'P30D', 'P1M', 'P6M', 'P1Y', 'P3Y', 'P1Y2M3W4D', 'P99Y'];

const SCALAR = ['equal', 'notEqual', 'in', 'notIn', 'missing', 'present'];
const ORDERED = [...SCALAR, 'lessThan', 'lessThanInclusive', 'greaterThan', 'greaterThanInclusive'];
const LIST = ['contains', 'doesNotContain', 'missing', 'present'];

const OPERATORS: Readonly<Record<FactType, readonly string[]>> = {
  text: [...SCALAR, 'startsWith'],
  number: ORDERED,
  boolean: SCALAR,
  instant: [...ORDERED, 'olderThan', 'newerThan'],
  uuid: SCALAR,
  'text[]': LIST,
  'number[]': LIST,
};

/** Questions whose constants are mostly values in the rows, and their nearest neighbours. */
export function anyQuestion(table: MapTable, rows: readonly FactValues[]): fc.Arbitrary<Question> {
  const leaves = [...table.facts.values()].map((fact) => anyLeaf(fact, constantsOf(fact, rows)));
  const instants = rows.flatMap(({ moment }) => (typeof moment === 'string' ? [moment as Instant] : []));
  return fc.record({
    entry: anyCondition(fc.oneof(...leaves), 4),
    timeZone: fc.constantFrom(...ZONES),
    asOf: anyAsOf(instants),
  });
}

export interface Leaf {
  /** Type of fact, and operator. */
  readonly group: string;
  readonly fact: MapFact;
  readonly entry: ConditionEntry;
}

/** Every operator on every fact, with so many of the constants that fit; each also negated. */
export function leavesOf(table: MapTable, rows: readonly FactValues[], constants: number): readonly Leaf[] {
  return [...table.facts.values()].flatMap((fact) =>
    OPERATORS[fact.type].flatMap((operator) => {
      const values = valuesFor(operator, constantsOf(fact, rows));
      const group = `${fact.type} ${operator}`;
      return spread(values, constants).flatMap((value) => {
        const leaf = { fact: fact.name, operator, ...value };
        return [
          { group, fact, entry: leaf },
          { group: `${group}, negated`, fact, entry: { not: leaf } },
        ];
      });
    }),
  );
}

/** So many of a list, from all over it. */
const spread = <T>(list: readonly T[], count: number): readonly T[] =>
  list.filter((_, index) => index % Math.ceil(list.length / count) === 0);

function valuesFor(operator: string, constants: readonly unknown[]): readonly { readonly value?: unknown }[] {
  if (operator === 'missing' || operator === 'present') return [{}];
  if (operator === 'olderThan' || operator === 'newerThan') return PERIODS.map((value) => ({ value }));
  if (operator !== 'in' && operator !== 'notIn') return constants.map((value) => ({ value }));
  return constants.map((one, index) => ({ value: [one, constants.at(-index) ?? one] }));
}

function anyLeaf({ name, type }: MapFact, constants: readonly unknown[]): fc.Arbitrary<ConditionEntry> {
  const constant = fc.constantFrom(...constants);
  return fc.constantFrom(...OPERATORS[type]).chain((operator) => {
    const leaf = { fact: name, operator };
    if (operator === 'missing' || operator === 'present') return fc.constant(leaf);
    if (operator === 'in' || operator === 'notIn')
      return fc.array(constant, { minLength: 1, maxLength: 4 }).map((value) => ({ ...leaf, value }));
    const value =
      operator.endsWith('Than') && type === 'instant' ? anyOrderOperand(operator, constant) : constant;
    return value.map((one) => ({ ...leaf, value: one }));
  });
}

const anyOrderOperand = (operator: string, constant: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  operator === 'olderThan' || operator === 'newerThan' ? fc.constantFrom(...PERIODS) : constant;

function anyCondition(leaf: fc.Arbitrary<ConditionEntry>, depth: number): fc.Arbitrary<ConditionEntry> {
  if (depth === 0) return leaf;
  const part = anyCondition(leaf, depth - 1);
  const parts = fc.array(part, { minLength: 1, maxLength: 3 });
  return fc.oneof(
    { weight: 4, arbitrary: leaf },
    { weight: 2, arbitrary: part.map((not) => ({ not })) },
    { weight: 2, arbitrary: parts.map((all) => ({ all })) },
    { weight: 2, arbitrary: parts.map((any) => ({ any })) },
  );
}

/** Instants at which a period that started in some row has just ended, or is about to. */
function anyAsOf(instants: readonly Instant[]): fc.Arbitrary<Instant> {
  const usable = instants.filter((instant) => instant > '1800' && instant < '9000');
  return fc
    .record({
      start: fc.constantFrom(...usable),
      period: fc.constantFrom(...PERIODS),
      zone: fc.constantFrom(...ZONES),
      shift: fc.constantFrom(-1n, 0n, 1n),
    })
    .map(({ start, period, zone, shift }) => {
      const length = parsePeriod(period);
      if ('problem' in length) throw new Error(length.problem);
      return fromMicros(toMicros(dueOf(start, length, zone, 'event')) + shift);
    });
}

/** Constants as a policy writes them: the fact's values, what lies next to them, and some that no row has. */
function constantsOf({ name, type, column }: MapFact, rows: readonly FactValues[]): readonly unknown[] {
  const found = rows.flatMap((row) => [row[name] ?? null].flat(9) as readonly FactValue[]);
  const values = [...new Set(found.filter((value) => value !== null))];
  const near = values.flatMap((value) => neighbours(type, value));
  const all = [...new Set([...near, ...ELSEWHERE[type]])];
  return column?.type === 'float' ? all.filter((constant) => Number.isFinite(Number(constant))) : all;
}

function neighbours(type: FactType, value: FactValue): readonly unknown[] {
  if (typeof value !== 'string') return [value];
  switch (type) {
    case 'text':
    case 'text[]':
      return nearTexts(value);
    case 'number':
    case 'number[]':
      return nearNumbers(value);
    case 'instant':
      return nearInstants(value);
    case 'uuid':
      return [value, value.toUpperCase()];
    case 'boolean':
      return [value];
  }
}

function nearTexts(text: string): readonly string[] {
  const all = [text, `${text} `, text.trim(), text.toLowerCase(), text.toUpperCase()];
  const half = text.slice(0, Math.ceil(text.length / 2));
  return [...all, text.normalize('NFC'), text.normalize('NFD'), half, `${half}%`].filter((near) =>
    near.isWellFormed(),
  );
}

/** As text where a JSON number would be another number. */
function nearNumbers(text: string): readonly (string | number)[] {
  const number = Number(text);
  if (parseDecimal(text) === null) return [];
  const near = [number, number + 1, -number, number * (1 + Number.EPSILON)].filter(
    (one) => parseDecimal(one) !== null,
  );
  return text.includes('.') || text.includes('e')
    ? [text, ...near]
    : [text, `${text}.0000000000000000001`, ...near];
}

function nearInstants(text: string): readonly string[] {
  const instant = parseInstant(text);
  if (instant === null) return [];
  const micros = toMicros(instant);
  const beside = [-1n, 1n].map((shift) => fromMicros(micros + shift));
  return [instant, ...beside, instant.replace('.000000Z', '+00:00')];
}

const ELSEWHERE: Readonly<Record<FactType, readonly unknown[]>> = {
  text: ['', ' ', 'nowhere', "'", '\\', '%', '_', 'ä', 'a\u0308', 'A', 'NULL', '👩', '\\x', 'x'.repeat(2500)],
  number: [
    ...[
      0,
      -0,
      1,
      -1,
      0.1,
      0.3,
      1e-7,
      5e-324,
      '1e23',
      '2e23',
      '1e22',
      '1e400',
      '-1e400',
      '0.30000000000000004',
    ],
    ...[
      '9007199254740993',
      '9223372036854775808',
      '-9223372036854775809',
      '1234567890123456789012345678901234567890',
    ],
    ...['1e-400', '0.1000000014901161', '16777217', '179769313486231570000e288'],
  ],
  boolean: [true, false],
  instant: [
    ...[
      '0001-01-01T00:00:00Z',
      '9999-12-31T23:59:59.999999Z',
      '1970-01-01T00:00:00Z',
      '2026-11-21T01:00:00.1+01:00',
    ],
    ...[
      '2026-03-29T00:59:59.999999Z',
      '2026-10-25T00:30:00Z',
      '2026-10-25T01:30:00Z',
      '2026-11-20T23:59:59.999999Z',
    ],
  ],
  uuid: ['6ba7b810-9dad-11d1-80b4-00c04fd430c0', '00000000-0000-0000-0000-000000000000'],
  'text[]': ['', 'a', 'A', 'c', 'NULL', 'null', 'label 1', '{a}', 'a,b', '"', '\\', 'nowhere'],
  'number[]': [0, 1, 7, -1, '9007199254740993', '9007199254740992', 1.5, 0.25, '9223372036854775808'],
};
