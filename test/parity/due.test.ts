import { expect } from 'chai';
import type { Problem } from '../../src/core/errors.js';
import { fromMicros, parseInstant, toMicros, type Instant } from '../../src/core/instant.js';
import { dueOf } from '../../src/core/period.js';
import type { Row } from '../../src/db/database.js';
import { raw, sql } from '../../src/db/sql.js';
import { decide } from '../../src/policy/predicate.js';
import { readRetentionPolicy, type RetentionPolicy } from '../../src/policy/retention-policy.js';
import { bindRule, dueSql, keepsSql, takesSql } from '../../src/policy/rule-sql.js';
import { bothDatabases } from '../support/database.js';
import { hostileMap } from './hostile-map.js';
import { createHostileTables, fillHostileTables } from './hostile-table.js';
import { factsOfRows } from './readings.js';

const { graph, table } = hostileMap();
const instants = [...table.facts.values()].filter(({ type }) => type === 'instant').map(({ name }) => name);

const RULES = [
  { for: 'P1Y', periodStarts: 'event', timeZone: 'Europe/Berlin' },
  { for: 'P1M', periodStarts: 'event', timeZone: 'America/St_Johns' },
  { for: 'P6Y', periodStarts: 'endOfYear', timeZone: 'Europe/Berlin' },
];

function policyFrom(from: string, keep: (typeof RULES)[number]): RetentionPolicy {
  const problems: Problem[] = [];
  const content = {
    ...{ kind: 'retention', id: 'rule', title: 'A rule', record: 'thing', activity: 'testing' },
    ...{ ground: 'purpose', reason: 'a test', keep: { ...keep, from }, then: { action: 'delete' } },
    when: { not: { fact: 'flag', operator: 'equal', value: false } },
  };
  const policy = readRetentionPolicy(graph, { path: 'rule.json', content }, problems);
  if (!policy) throw new Error(JSON.stringify(problems));
  return policy;
}

bothDatabases('when a record is due', (open) => {
  it('SQL and the process agree on what is due, to the microsecond, and nothing is due early', async () => {
    const { db, admin } = await open();
    await createHostileTables(admin);
    await fillHostileTables(admin, 60);
    const facts = await factsOfRows(db, table);
    const counts = { due: 0, kept: 0 };
    for (const from of instants)
      for (const keep of RULES) {
        const policy = policyFrom(from, keep);
        for (const asOf of momentsAround(
          policy,
          [...facts.values()].map((values) => values[from]),
        )) {
          const rule = bindRule(policy, asOf);
          const columns = [dueSql(rule), takesSql(rule), keepsSql(rule)].map(
            (text) => `coalesce((${text}), false)`,
          );
          const { rows } = await db.query<Row & { key: number; answers: readonly boolean[] }>(
            sql`select this.id as key, array[${raw(columns.join(', '))}] as answers from ${raw(table.sql)} this`,
          );
          for (const { key, answers } of rows) {
            const values = facts.get(key) ?? {};
            const start = values[from];
            const isDue = typeof start === 'string' && start <= rule.cutoff;
            const matches = rule.condition !== null && (await decide(rule.condition, values));
            const told = `${from} ${JSON.stringify(keep)} at ${asOf}, row ${key}`;
            expect(answers, told).to.deep.equal([isDue, matches && isDue, matches && !isDue]);
            if (!isDue) continue;
            expect(
              dueOf(start as Instant, policy.period, policy.timeZone, policy.periodStarts) <= asOf,
              told,
            ).to.equal(true);
            counts.due += 1;
          }
          counts.kept += rows.filter(({ answers }) => answers[2]).length;
        }
      }
    expect(counts.due).to.be.greaterThan(500);
    expect(counts.kept).to.be.greaterThan(500);
  });
});

/** Just before, at and after the moments at which some of the starts fall due. */
function momentsAround(policy: RetentionPolicy, starts: readonly unknown[]): readonly Instant[] {
  const usable = starts.flatMap((start) => (typeof start === 'string' ? (parseInstant(start) ?? []) : []));
  const some = usable.filter((start) => start > '1200' && start < '9000').slice(0, 2);
  return some.flatMap((start) => {
    const due = toMicros(dueOf(start, policy.period, policy.timeZone, policy.periodStarts));
    return [-1n, 0n, 1n].map((shift) => fromMicros(due + shift));
  });
}
