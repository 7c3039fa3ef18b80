import type { Row } from '../db/database.js';
import { raw, sql } from '../db/sql.js';
import { timeLimit, unlessLate } from '../db/time-limit.js';
import { hint, warning, type Finding } from '../datamap/finding.js';
import { excludes } from '../publication/implied.js';
import type { RetentionPolicy } from '../policy/retention-policy.js';
import { bindRule, matchesSql } from '../policy/rule-sql.js';
import { findingOr, nameOf, SECONDS, type CoverageContext } from './context.js';

type Pair = readonly [RetentionPolicy, RetentionPolicy];

/** Records that two rules match and neither overrides: no plan takes them, of either. */
export async function ruleConflicts(context: CoverageContext): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const pair of rivals(context.policies))
    findings.push(...(await findingOr(nameOf(pair[0]), () => conflictOf(context, pair))));
  return findings;
}

/** Pairs that may meet in a record, for all that their conditions say. */
function rivals(policies: readonly RetentionPolicy[]): readonly Pair[] {
  const rules = policies.filter(({ action }) => action === 'delete');
  return rules.flatMap((one, index) =>
    rules
      .slice(index + 1)
      .filter((other) => other.table === one.table)
      .filter((other) => !one.overrides.includes(other.id) && !other.overrides.includes(one.id))
      .filter((other) => !excludes(one.condition, other.condition))
      .map((other): Pair => [one, other]),
  );
}

async function conflictOf({ db, clock }: CoverageContext, [one, other]: Pair): Promise<readonly Finding[]> {
  const now = clock.now();
  const both = [one, other].map((policy) => `(${matchesSql(bindRule(policy, now))})`).join(' and ');
  const records = await unlessLate(
    db.transaction(async (tx) => {
      await tx.script(`${timeLimit(SECONDS)}; set transaction read only`);
      const { rows } = await tx.query<Row & { records: string }>(
        sql`select count(*) as records from ${raw(one.table.sql)} this where ${raw(both)}`,
      );
      return Number(rows[0]?.records ?? 0);
    }),
  );
  const wayOut = `let one name the other in "overrides", and publish it`;
  if (records === 'late')
    return [
      hint(
        'rules_conflict_undetermined',
        nameOf(one),
        `may match the same records as "${other.id}", which was not determined within ${SECONDS} s; if it can, ${wayOut}`,
      ),
    ];
  if (records === 0) return [];
  const many = records === 1 ? '1 record' : `${records} records`;
  return [
    warning(
      'rules_conflict',
      nameOf(one),
      `matches ${many} that "${other.id}" matches too, so neither takes them: ${wayOut}`,
    ),
  ];
}
