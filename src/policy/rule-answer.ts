import type { Instant } from '../core/instant.js';
import { dueOf } from '../core/period.js';
import type { MapTable } from '../datamap/graph.js';
import type { TimelessCondition } from './condition.js';
import { decide, type FactValues } from './predicate.js';
import type { RetentionPolicy } from './retention-policy.js';
import { bindRule, type BoundRule } from './rule-sql.js';
import { describeTest } from './describe-test.js';

export interface RuleAnswer {
  readonly policy: string;
  readonly action: 'delete' | 'keep';
  /** The rule is about this record, due or not. */
  readonly matches: boolean;
  /** What would have to be otherwise for the rule to match. */
  readonly unmet: readonly string[];
  readonly start: string | null;
  readonly due: string | null;
  readonly isDue: boolean;
}

/** What each rule about records of this table says of the record with these facts. */
export async function rulesOf(
  policies: readonly RetentionPolicy[],
  table: MapTable,
  facts: FactValues,
  asOf: Instant,
): Promise<readonly RuleAnswer[]> {
  const about = policies.filter((policy) => policy.table === table);
  return Promise.all(about.map((policy) => answerOf(bindRule(policy, asOf), facts)));
}

async function answerOf({ policy, cutoff, condition }: BoundRule, facts: FactValues): Promise<RuleAnswer> {
  const isRecord = facts['record?'] === true;
  const matches = isRecord && (condition === null || (await decide(condition, facts)));
  const start = facts[policy.start.name];
  const from = typeof start === 'string' ? (start as Instant) : null;
  const unmet = matches || condition === null ? [] : await unmetLeaves(condition, facts);
  return {
    policy: policy.id,
    action: policy.action,
    matches,
    unmet: isRecord ? unmet : ['it is no record of its own; it goes along with another'],
    start: from,
    due: from && dueOf(from, policy.period, policy.timeZone, policy.periodStarts),
    isDue: from !== null && from <= cutoff,
  };
}

/** The leaves that fail now, in words. */
async function unmetLeaves(condition: TimelessCondition, facts: FactValues): Promise<readonly string[]> {
  if (condition.kind !== 'leaf') {
    const parts = await Promise.all(condition.of.map((part) => unmetLeaves(part, facts)));
    return condition.kind === 'any' && parts.some((part) => part.length === 0) ? [] : parts.flat();
  }
  if (await decide(condition, facts)) return [];
  return [describeTest(condition.fact, condition.test, facts[condition.fact.name] ?? null)];
}
