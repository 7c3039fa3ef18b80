import { isNeverShorter } from '../core/longer-period.js';
import { isWithin } from '../policy/categories.js';
import { implies } from './implied.js';
import { earlierBy } from './earlier-by.js';
import { loosenedOversight } from './oversight.js';
import type { RetentionPolicy } from '../policy/retention-policy.js';
import { freedRivals, newlyOverridden, type OtherPolicy } from './rivals-freed.js';

/** A policy as it is in force, and as it is to be; null: it is not there. */
export interface PolicyStep {
  readonly before: RetentionPolicy | null;
  readonly after: RetentionPolicy | null;
}

/**
 * Why, with this step, a record may be taken at some instant that was kept without it: in words, without the conditions'
 * constants. Empty only if nothing more can be taken, whatever the records are; it is shown by the form of the policies
 * alone, so a reason says "may". `others` are all versions of other policies that rule, wait or are published along.
 */
export function mayTakeMore(step: PolicyStep, others: readonly OtherPolicy[]): readonly string[] {
  const { before, after } = step;
  if (before === null) return after?.action === 'delete' ? [FIRST] : [];
  const freed = freedRivals(before, after, others);
  if (after === null) return before.action === 'keep' ? ['the duty to keep ends'] : freed;
  const loosened = loosenedOversight(before, after);
  if (after.action !== before.action || after.table !== before.table)
    return [...replaced(before, after), ...freed, ...loosened];
  if (after.action === 'keep')
    return [...keptShorter(before, after), ...uncovered(before, after), ...loosened];
  return [...takenEarlier(before, after), ...newlyOverridden(before, after, others), ...freed, ...loosened];
}

const FIRST = 'it is the first version of this disposal rule: it takes everything it matches';

/** It acts otherwise, or on other records: what was kept is kept no longer, and what is taken was not taken. */
function replaced(before: RetentionPolicy, after: RetentionPolicy): readonly string[] {
  const { record } = after.entry;
  return [
    ...(before.action === 'keep' ? [`the duty to keep ${before.entry.record} records ends`] : []),
    ...(after.action === 'delete'
      ? [`it becomes a disposal rule for ${record} records: it takes all it matches`]
      : []),
  ];
}

/** Of a disposal rule: what it takes without rivals. */
function takenEarlier(before: RetentionPolicy, after: RetentionPolicy): readonly string[] {
  return [
    ...dueEarlier(before, after, 'takes records'),
    ...(implies(after.condition, before.condition)
      ? []
      : ['when: it may match records that it did not match before']),
  ];
}

/** Of a duty to keep: what it no longer keeps. */
function keptShorter(before: RetentionPolicy, after: RetentionPolicy): readonly string[] {
  return [
    ...dueEarlier(before, after, 'ends the duty to keep'),
    ...(implies(before.condition, after.condition)
      ? []
      : ['when: it may no longer match records that must be kept so far']),
  ];
}

function dueEarlier(before: RetentionPolicy, after: RetentionPolicy, does: string): readonly string[] {
  const [was, is] = [before.entry.keep, after.entry.keep];
  if (before.start !== after.start) return [`keep.from: ${was.from} → ${is.from} counts from another event`];
  if (isNeverShorter(after, before)) return [];
  return [
    ...(was.for === is.for ? [] : [`keep.for: ${was.for} → ${is.for} ${does} ${earlierBy(before, after)}`]),
    ...(was.periodStarts === is.periodStarts
      ? []
      : [`keep.periodStarts: ${was.periodStarts} → ${is.periodStarts} ${does} earlier, or may`]),
    ...(was.timeZone === is.timeZone
      ? []
      : [`keep.timeZone: ${was.timeZone} → ${is.timeZone} may count some hours less`]),
  ];
}

/** A duty to keep without `covers` extends to the whole record. */
function uncovered({ entry: was }: RetentionPolicy, { entry: is }: RetentionPolicy): readonly string[] {
  const covered = is.then.action === 'keep' ? is.then.covers : undefined;
  if (covered === undefined) return [];
  const wanted = was.then.action === 'keep' ? was.then.covers : undefined;
  if (wanted === undefined)
    return ['then.covers: only these categories are kept, no longer the whole record'];
  const lost = wanted.filter((category) => !covered.some((name) => isWithin(category, name)));
  return lost.length === 0 ? [] : [`then.covers: ${lost.join(', ')} no longer kept`];
}
