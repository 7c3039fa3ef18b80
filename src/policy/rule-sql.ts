import type { Instant } from '../core/instant.js';
import { cutoffOf } from '../core/cutoff.js';
import { asksForTime, bindTime, type TimelessCondition } from './condition.js';
import { factSql } from './fact-sql.js';
import type { RetentionPolicy } from './retention-policy.js';
import { whereOf } from './where.js';

/** A policy at one instant: the only thing SQL and `decide` get of its periods is the cutoff. */
export interface BoundRule {
  readonly policy: RetentionPolicy;
  readonly cutoff: Instant;
  readonly condition: TimelessCondition | null;
}

/** Binds a policy to the instant it is asked for. */
export function bindRule(policy: RetentionPolicy, asOf: Instant): BoundRule {
  const { period, timeZone, periodStarts } = policy;
  return {
    policy,
    cutoff: cutoffOf({ asOf, period, timeZone, periodStarts }),
    condition:
      policy.condition &&
      bindTime(policy.condition, (length, zone) =>
        cutoffOf({ asOf, period: length, timeZone: zone, periodStarts: 'event' }),
      ),
  };
}

/** Predicate over `this`: the rule is about this record, due or not. */
export function matchesSql({ policy, condition }: BoundRule): string {
  const parts = [policy.table.record, ...(condition ? [whereOf(condition)] : [])].filter(
    (part) => part !== 'true',
  );
  return parts.length === 0 ? 'true' : parts.join(' and ');
}

/** Predicate over `this`: the record's start event lies at or before the cutoff. */
export function dueSql({ policy, cutoff }: BoundRule): string {
  const { raw, guards, constant } = factSql(policy.start);
  return [`${raw} <= ${constant(cutoff)}`, ...guards].join(' and ');
}

/** Predicate over `this`: the rule takes this record. */
export const takesSql = (rule: BoundRule): string => `${matchesSql(rule)} and ${dueSql(rule)}`;

/** Predicate over `this`: the floor still keeps this record; a start event that is missing keeps it too. */
export function keepsSql(rule: BoundRule): string {
  const { raw } = factSql(rule.policy.start);
  return `${matchesSql(rule)} and (${raw} is null or not (${dueSql(rule)}))`;
}

/** The instant a plan is for, and the one it is. */
export interface Moment {
  readonly asOf: Instant;
  readonly now: Instant;
}

/**
 * What speaks against a disposal, as a predicate: at the instant the plan is for, and now where that is later. Conditions with
 * `olderThan` or `newerThan` change with time: looking back far enough nobody passes by a rule that claims the record today.
 */
export function thenOrNow(
  policy: RetentionPolicy,
  { asOf, now }: Moment,
  predicate: (rule: BoundRule) => string,
): string {
  const then = predicate(bindRule(policy, asOf));
  const changes = now > asOf && policy.condition !== null && asksForTime(policy.condition);
  return changes ? `((${then}) or (${predicate(bindRule(policy, now))}))` : then;
}
