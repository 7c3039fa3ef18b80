import type { Condition } from '../policy/condition.js';
import { isExcluded, isImplied } from './implied-test.js';

/**
 * Whether every record of which the first condition is true has the second true as well, whenever both are asked. Shown by the form
 * of the conditions alone, so that false means: perhaps not.
 * @param first null: true of every record
 */
export function implies(first: Condition | null, second: Condition | null): boolean {
  if (second === null) return true;
  return first !== null && impliesPart(first, second, new Map());
}

/** Which parts of the first imply which of the second: the ways from one pair to another are many, the pairs are few. */
type Known = Map<Condition, Map<Condition, boolean>>;

function impliesPart(first: Condition, second: Condition, known: Known): boolean {
  const ofFirst = known.get(first) ?? new Map<Condition, boolean>();
  known.set(first, ofFirst);
  const answer = ofFirst.get(second) ?? shows(first, second, (a, b) => impliesPart(a, b, known));
  ofFirst.set(second, answer);
  return answer;
}

function shows(
  first: Condition,
  second: Condition,
  inPart: (first: Condition, second: Condition) => boolean,
): boolean {
  if (second.kind === 'all') return second.of.every((part) => inPart(first, part));
  if (first.kind === 'any') return first.of.every((part) => inPart(part, second));
  if (first.kind === 'leaf' && second.kind === 'leaf')
    return first.fact === second.fact && isImplied(first.fact, first.test, second.test);
  if (first.kind === 'all' && first.of.some((part) => inPart(part, second))) return true;
  return second.kind === 'any' && second.of.some((part) => inPart(first, part));
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
