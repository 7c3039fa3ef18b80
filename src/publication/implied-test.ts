import { isNeverShorter } from '../core/longer-period.js';
import type { MapFact } from '../datamap/graph.js';
import type { Test, TimelessTest } from '../policy/condition.js';
import { satisfies } from '../policy/predicate.js';

type ConstantTest = Extract<TimelessTest, { value: string } | { values: readonly string[] }>;
type PeriodTest = Exclude<Test, TimelessTest>;

/**
 * Whether every value of the fact, and its absence, that satisfies the first test satisfies the second, at any instant.
 * False where that cannot be shown.
 */
export function isImplied(fact: MapFact, first: Test, second: Test): boolean {
  if (first.operator === 'missing' || second.operator === 'missing')
    return first.operator === second.operator;
  if (second.operator === 'present') return true; // every test but `missing` asks for a value
  if (first.operator === 'present') return false;
  if ('period' in first && 'period' in second) return isPeriodImplied(first, second);
  return isConstant(first) && isConstant(second) && areValuesWithin(fact, first, second);
}

const isConstant = (test: Test): test is ConstantTest => 'value' in test || 'values' in test;

/** Whether no value, nor its absence, satisfies both tests at one instant. False where that cannot be shown. */
export function isExcluded(fact: MapFact, first: Test, second: Test): boolean {
  if (first.operator === 'missing' || second.operator === 'missing')
    return first.operator !== second.operator;
  const complement = complementOf(second);
  return complement !== null && isImplied(fact, first, complement);
}

/** What is older than three years is older than two; what is newer than two is newer than three. */
function isPeriodImplied(first: PeriodTest, second: PeriodTest): boolean {
  if (first.operator !== second.operator) return false;
  const [a, b] = [counted(first), counted(second)];
  return first.operator === 'olderThan' ? isNeverShorter(a, b) : isNeverShorter(b, a);
}

const counted = ({ period, timeZone }: PeriodTest) => ({ period, timeZone, periodStarts: 'event' as const });

function areValuesWithin(fact: MapFact, first: ConstantTest, second: ConstantTest): boolean {
  const [listed, excluded] = [valuesOf(first, 'in'), valuesOf(second, 'notIn')];
  if (listed) return listed.every(accepts(fact, second));
  if (excluded) return !excluded.some(accepts(fact, first));
  if (!('value' in first && 'value' in second)) return false;
  const bounds = BOUNDED_BY[second.operator];
  if (bounds?.includes(first.operator))
    // below one bound and thus below the other: the bound itself, unless it is let in and the other lets in less
    return first.value === second.value
      ? first.operator === second.operator || !first.operator.endsWith('Inclusive')
      : satisfies(fact, second, first.value);
  return isTextImplied(first, second) || isElementImplied(fact, first, second);
}

/** Which constants satisfy a test. Equal constants have one text, so lists are sets: they may be long. */
function accepts(fact: MapFact, test: ConstantTest): (value: string) => boolean {
  if (!('values' in test)) return (value) => satisfies(fact, test, value);
  const values = new Set(test.values);
  return (value) => values.has(value) === (test.operator === 'in');
}

/** `equal` is a list of one, and `notEqual` leaves one out. */
function valuesOf(test: ConstantTest, operator: 'in' | 'notIn'): readonly string[] | null {
  if ('values' in test) return test.operator === operator ? test.values : null;
  return test.operator === (operator === 'in' ? 'equal' : 'notEqual') ? [test.value] : null;
}

const LESS = ['lessThan', 'lessThanInclusive'];
const GREATER = ['greaterThan', 'greaterThanInclusive'];
const BOUNDED_BY: Readonly<Partial<Record<string, readonly string[]>>> = {
  lessThan: LESS,
  lessThanInclusive: LESS,
  greaterThan: GREATER,
  greaterThanInclusive: GREATER,
};

type ValueTest = Extract<ConstantTest, { value: string }>;

function isTextImplied(first: ValueTest, second: ValueTest): boolean {
  if (first.operator === 'startsWith' && second.operator === 'startsWith')
    return first.value.startsWith(second.value);
  if (first.operator === 'startsWith' && second.operator === 'doesNotStartWith')
    return !first.value.startsWith(second.value) && !second.value.startsWith(first.value);
  const bothNegated = first.operator === 'doesNotStartWith' && second.operator === 'doesNotStartWith';
  return bothNegated && second.value.startsWith(first.value);
}

function isElementImplied(fact: MapFact, first: ValueTest, second: ValueTest): boolean {
  const isAboutElements = first.operator === 'contains' || first.operator === 'doesNotContain';
  const containsIt: TimelessTest = { operator: 'contains', value: second.value };
  return isAboutElements && first.operator === second.operator && satisfies(fact, containsIt, [first.value]);
}

const COMPLEMENTS = {
  present: 'missing',
  in: 'notIn',
  notIn: 'in',
  olderThan: 'newerThan',
  newerThan: 'olderThan',
  equal: 'notEqual',
  notEqual: 'equal',
  lessThan: 'greaterThanInclusive',
  lessThanInclusive: 'greaterThan',
  greaterThan: 'lessThanInclusive',
  greaterThanInclusive: 'lessThan',
  contains: 'doesNotContain',
  doesNotContain: 'contains',
  startsWith: 'doesNotStartWith',
  doesNotStartWith: 'startsWith',
} as const satisfies Record<Exclude<Test['operator'], 'missing'>, Test['operator']>;

/** What is true of the values, among those that are there, of which the test is not. */
function complementOf(test: Test): Test | null {
  return test.operator === 'missing' ? null : ({ ...test, operator: COMPLEMENTS[test.operator] } as Test);
}
