import { fromZoned, toZoned, type Instant } from '../core/instant.js';
import type { Row } from '../db/database.js';
import type { MapFact, MapTable } from '../datamap/graph.js';
import type { Condition } from '../policy/condition.js';
import { factSql, factValue } from '../policy/fact-sql.js';
import type { RetentionPolicy } from '../policy/retention-policy.js';
import { bindRule, matchesSql } from '../policy/rule-sql.js';
import type { CoverageContext } from './context.js';

const LONGEST_VALUE = 40;

/** Records of one kind: the rule they match, whether a period runs, the value that tells them apart. */
export interface EndlessRow extends Row {
  /** Place of the rule that matches; -1: none does. */
  readonly rule: number;
  /** A start event has happened. */
  readonly started: boolean;
  readonly value: string | null;
  readonly records: string;
  readonly oldest: Instant;
}

/** A text of the system's own, such as a status, that the rules ask for: it tells kinds of records apart, and no person. */
export function tellingFact(rules: readonly RetentionPolicy[]): MapFact | null {
  const facts = rules.flatMap(({ condition }) => (condition ? factsOf(condition) : []));
  return (
    facts.find(({ type, column, category }) => type === 'text' && column !== null && category === null) ??
    null
  );
}

const factsOf = (condition: Condition): readonly MapFact[] =>
  condition.kind === 'leaf' ? [condition.fact] : condition.of.flatMap(factsOf);

export interface EndlessQuestion {
  readonly rules: readonly RetentionPolicy[];
  readonly created: MapFact;
  readonly told: MapFact | null;
}

/**
 * Records made over a year ago that no rule both matches and counts a period for. What has a start is left out until every
 * period in force, and a year more, have passed since: what it waits for then (its tickets, say) will not come any more.
 */
export function endlessSql(
  context: Pick<CoverageContext, 'clock' | 'policies'>,
  table: MapTable,
  { rules, created, told }: EndlessQuestion,
): string {
  const now = context.clock.now();
  const yearAgo = fromZoned(toZoned(now, 'UTC').subtract({ years: 1 }));
  const horizon = context.policies.map((policy) => bindRule(policy, yearAgo).cutoff).sort()[0] ?? yearAgo;
  const { raw: made, guards, constant } = factSql(created);
  const starts = rules.map(({ start }) => `(${factValue(start)})::timestamptz`);
  const matches = rules.map((rule) => `(${matchesSql(bindRule(rule, now))}) is true`);
  const isEnded = rules.map((_, index) => `(m${index} and s${index} is not null)`).join(' or ');
  const anyStart = `greatest(${starts.map((_, index) => `s${index}`).join(', ')})`;
  const matched = rules.map((_, index) => `when m${index} then ${index}`).join(' ');
  const value = told ? `left((${factValue(told)})::text, ${LONGEST_VALUE})` : 'null::text';
  return `
    select rule, started, value, count(*) as records, min(made) as oldest
    from (
      select made, value, case ${matched} else -1 end as rule, ${anyStart} is not null as started
      from (
        select (${factValue(created)})::timestamptz as made, ${value} as value,
          ${starts.map((start, index) => `${start} as s${index}, ${matches[index] ?? ''} as m${index}`).join(', ')}
        from ${table.sql} this
        where ${[table.record, `${made} <= ${constant(yearAgo)}`, ...guards].join(' and ')}
      ) old
      where (${rules.map((_, index) => `s${index} is null`).join(' or ')} or ${anyStart} <= timestamptz '${horizon}')
        and not (${isEnded})
    ) endless
    group by rule, started, value
    order by count(*) desc, value`;
}
