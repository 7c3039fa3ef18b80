import type { Condition } from './condition.js';
import { isExcluded, isImplied } from './implied-test.js';

/**
 * Whether every record of which the first condition is true has the second true as well, whenever both are asked. Shown by the form
 * of the conditions alone, so that false means: perhaps not.
 * @param first null: true of every record
 */
export function implies(first: Condition | null, second: Condition | null): boolean {
  if (second === null) return true;
  if (first === null) return false;
  if (second.kind === 'all') return second.of.every((part) => implies(first, part));
  if (first.kind === 'any') return first.of.every((part) => implies(part, second));
  if (first.kind === 'leaf' && second.kind === 'leaf')
    return first.fact === second.fact && isImplied(first.fact, first.test, second.test);
  if (first.kind === 'all' && first.of.some((part) => implies(part, second))) return true;
  return second.kind === 'any' && second.of.some((part) => implies(first, part));
}

/** Whether no record has both conditions true at one instant; false means: perhaps one has. */
export function excludes(first: Condition | null, second: Condition | null): boolean {
  if (first === null || second === null) return false;
  if (first.kind === 'any') return first.of.every((part) => excludes(part, second));
  if (second.kind === 'any') return second.of.every((part) => excludes(first, part));
  if (first.kind !== 'leaf') return first.of.some((part) => excludes(part, second));
  if (second.kind !== 'leaf') return second.of.some((part) => excludes(first, part));
  if (first.fact !== second.fact) return false;
  return isExcluded(first.fact, first.test, second.test) || isExcluded(second.fact, second.test, first.test);
}
