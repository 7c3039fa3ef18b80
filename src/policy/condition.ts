import type { Instant } from '../core/instant.js';
import type { Period } from '../core/period.js';
import type { MapFact } from '../datamap/graph.js';

/**
 * A condition after normalisation: `not` is pushed down to the leaves, every leaf is typed, and a null or missing fact
 * matches nothing but `missing`. Both readings (predicate.ts in process, where.ts as SQL) start from this form, which is
 * why they agree (DESIGN invariant 1).
 */
export type Condition<T extends Test = Test> =
  | { readonly kind: 'all' | 'any'; readonly of: readonly Condition<T>[] }
  | { readonly kind: 'leaf'; readonly fact: MapFact; readonly test: T };

/** Constants are canonical text: decimals, instants with microseconds, `true`/`false`, lower-case uuids, plain text. */
export type TimelessTest =
  | { readonly operator: 'missing' | 'present' }
  | { readonly operator: Comparison; readonly value: string }
  | { readonly operator: 'in' | 'notIn'; readonly values: readonly string[] };

/** `olderThan` and `newerThan` wait for the instant the question is asked for (see bindTime). */
export type Test =
  | TimelessTest
  | { readonly operator: 'olderThan' | 'newerThan'; readonly period: Period; readonly timeZone: string };

export type Comparison =
  | 'equal'
  | 'notEqual'
  | 'lessThan'
  | 'lessThanInclusive'
  | 'greaterThan'
  | 'greaterThanInclusive'
  | 'contains'
  | 'doesNotContain'
  | 'startsWith'
  | 'doesNotStartWith';

/** A condition for one instant: nothing in it depends on the clock any more. */
export type TimelessCondition = Condition<TimelessTest>;

/** The cutoff of a period: what DESIGN section 5 defines, computed by core/cutoff.ts. */
export type CutoffOf = (period: Period, timeZone: string) => Instant;

/** Replaces `olderThan` and `newerThan` by comparisons with a cutoff, found once. */
export function bindTime(condition: Condition, cutoffOf: CutoffOf): TimelessCondition {
  if (condition.kind !== 'leaf')
    return { kind: condition.kind, of: condition.of.map((part) => bindTime(part, cutoffOf)) };
  const { fact, test } = condition;
  if (!('period' in test)) return { kind: 'leaf', fact, test };
  const operator = test.operator === 'olderThan' ? 'lessThanInclusive' : 'greaterThan';
  return { kind: 'leaf', fact, test: { operator, value: cutoffOf(test.period, test.timeZone) } };
}

/** Whether its answer for a record can change though the record does not. */
export const asksForTime = (condition: Condition): boolean =>
  condition.kind === 'leaf' ? 'period' in condition.test : condition.of.some(asksForTime);
