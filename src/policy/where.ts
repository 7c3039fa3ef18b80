import type { MapFact } from '../datamap/graph.js';
import type { TimelessCondition, TimelessTest } from './condition.js';
import { factSql, type FactSql } from './fact-sql.js';

/** The condition as one SQL predicate over the row `this`; it is never null where it matters: null means no match. */
export function whereOf(condition: TimelessCondition): string {
  if (condition.kind === 'leaf') return leafSql(condition.fact, condition.test);
  const parts = condition.of.map(whereOf);
  return parts.length === 1
    ? (parts[0] ?? '')
    : `(${parts.join(condition.kind === 'all' ? ' and ' : ' or ')})`;
}

function leafSql(fact: MapFact, test: TimelessTest): string {
  const reading = factSql(fact);
  const { raw, guards } = reading;
  if ('value' in test || 'values' in test) return conjunction([comparison(reading, test), ...guards]);
  if (test.operator === 'present') return conjunction([`${raw} is not null`, ...guards]);
  return guards.length === 0 ? `${raw} is null` : `(${raw} is null or not (${guards.join(' and ')}))`;
}

const conjunction = (parts: readonly string[]): string =>
  parts.length === 1 ? (parts[0] ?? '') : `(${parts.join(' and ')})`;

function comparison(
  { raw, constant, array }: FactSql,
  test: Exclude<TimelessTest, { operator: 'missing' | 'present' }>,
): string {
  switch (test.operator) {
    case 'equal':
      return `${raw} = ${constant(test.value)}`;
    case 'notEqual':
      return `${raw} <> ${constant(test.value)}`;
    case 'in':
      return `${raw} in (${test.values.map(constant).join(', ')})`;
    case 'notIn':
      return `${raw} not in (${test.values.map(constant).join(', ')})`;
    case 'lessThan':
      return `${raw} < ${constant(test.value)}`;
    case 'lessThanInclusive':
      return `${raw} <= ${constant(test.value)}`;
    case 'greaterThan':
      return `${raw} > ${constant(test.value)}`;
    case 'greaterThanInclusive':
      return `${raw} >= ${constant(test.value)}`;
    // "@>" is never null for a list that is not, whatever its elements
    case 'contains':
      return `${raw} @> array[${constant(test.value)}]::${array ?? 'text[]'}`;
    case 'doesNotContain':
      return `not (${raw} @> array[${constant(test.value)}]::${array ?? 'text[]'})`;
    case 'startsWith':
      return `starts_with(${raw}, ${constant(test.value)})`;
    case 'doesNotStartWith':
      return `not starts_with(${raw}, ${constant(test.value)})`;
  }
}
