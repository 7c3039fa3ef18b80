import type { MapFact } from '../datamap/graph.js';
import type { TimelessTest } from './condition.js';
import type { FactValue } from './predicate.js';

const WORDS: Readonly<Record<TimelessTest['operator'], string>> = {
  equal: 'must be',
  notEqual: 'must not be',
  in: 'must be one of',
  notIn: 'must be none of',
  lessThan: 'must be less than',
  lessThanInclusive: 'must be at most',
  greaterThan: 'must be greater than',
  greaterThanInclusive: 'must be at least',
  contains: 'must contain',
  doesNotContain: 'must not contain',
  startsWith: 'must start with',
  doesNotStartWith: 'must not start with',
  missing: 'must be missing',
  present: 'must be present',
};

/** `status must be one of resolved, closed (it is open)`; the value of a personal column is not shown. */
export function describeTest(fact: MapFact, test: TimelessTest, value: FactValue): string {
  const operand = 'value' in test ? ` ${test.value}` : 'values' in test ? ` ${test.values.join(', ')}` : '';
  return `${fact.name} ${WORDS[test.operator]}${operand} (${shown(fact, value)})`;
}

function shown(fact: MapFact, value: FactValue): string {
  if (value === null) return 'it is missing';
  if (fact.category?.startsWith('user') ?? false) return 'its value is personal and not shown';
  return `it is ${Array.isArray(value) ? value.join(', ') || 'empty' : String(value)}`;
}
