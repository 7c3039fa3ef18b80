import { toZoned, fromZoned, type Instant } from '../core/instant.js';
import type { Row } from '../db/database.js';
import { raw, sql } from '../db/sql.js';
import { timeLimit, unlessLate } from '../db/time-limit.js';
import { closureOf } from '../datamap/closure.js';
import { hint, warning, type Finding } from '../datamap/finding.js';
import { isOwnTable, type MapFact, type MapTable } from '../datamap/graph.js';
import type { Condition } from '../policy/condition.js';
import { factSql, factValue } from '../policy/fact-sql.js';
import type { RetentionPolicy } from '../policy/retention-policy.js';
import { bindRule, matchesSql } from '../policy/rule-sql.js';
import { dayOf, findingOr, nameOf, SECONDS, type CoverageContext } from './context.js';

/** The fact of a map that says when a record was made. */
const CREATED = 'createdAt';

/** Values of a fact that a message tells apart. */
const VALUES = 5;
const LONGEST_VALUE = 40;

/**
 * Old records that no rule will ever take as they are: tickets that never close, dates that were never filled in, kinds of
 * records that nobody wrote a rule for. Asked only of records with a rule of their own that go along with no other one.
 */
export async function endlessRecords(context: CoverageContext): Promise<readonly Finding[]> {
  const rules = context.policies.filter(({ action }) => action === 'delete');
  const tables = [...new Set(rules.map(({ table }) => table))].filter(
    (table) => !isOwnTable(table) && !goesAlong(context, rules, table),
  );
  const findings: Finding[] = [];
  for (const table of tables) {
    const own = rules.filter((rule) => rule.table === table);
    findings.push(...(await findingOr(recordName(table), () => endlessOf(context, table, own))));
  }
  return findings;
}

const recordName = ({ concept, id }: MapTable): string => `record ${concept ?? id}`;

const goesAlong = ({ graph }: CoverageContext, rules: readonly RetentionPolicy[], table: MapTable): boolean =>
  rules.some((rule) => rule.table !== table && closureOf(graph, rule.table).tables.includes(table));

interface EndlessRow extends Row {
  /** Place of the rule that matches; -1: none does. */
  readonly rule: number;
  /** A start event has happened. */
  readonly started: boolean;
  readonly value: string | null;
  readonly records: string;
  readonly oldest: Instant;
}

async function endlessOf(
  context: CoverageContext,
  table: MapTable,
  rules: readonly RetentionPolicy[],
): Promise<readonly Finding[]> {
  const created = table.facts.get(CREATED);
  if (created?.type !== 'instant') return [];
  const told = tellingFact(rules);
  const text = endlessSql(context, table, { rules, created, told });
  const rows = await unlessLate(
    context.db.transaction(async (tx) => {
      await tx.script(`${timeLimit(SECONDS)}; set transaction read only`);
      return (await tx.query<EndlessRow>(sql`${raw(text)}`)).rows;
    }),
  );
  if (rows === 'late')
    return [
      hint(
        'endless_undetermined',
        recordName(table),
        `whether some of these never come to an end was not determined within ${SECONDS} s`,
      ),
    ];
  return [
    ...neverClosed(table, rules, told, rows.filter(({ rule, started }) => rule < 0 && !started)),
    ...outsideRules(table, told, rows.filter(({ rule, started }) => rule < 0 && started)),
    ...rules.flatMap((rule, index) => withoutStart(rule, rows.filter((row) => row.rule === index))),
  ];
}

/** A text of the system's own, such as a status, that the rules ask for: it tells kinds of records apart, and no person. */
function tellingFact(rules: readonly RetentionPolicy[]): MapFact | null {
  const facts = rules.flatMap(({ condition }) => (condition ? factsOf(condition) : []));
  return facts.find(({ type, column, category }) => type === 'text' && column !== null && category === null) ?? null;
}

const factsOf = (condition: Condition): readonly MapFact[] =>
  condition.kind === 'leaf' ? [condition.fact] : condition.of.flatMap(factsOf);

interface Asked {
  readonly rules: readonly RetentionPolicy[];
  readonly created: MapFact;
  readonly told: MapFact | null;
}

/**
 * Records made over a year ago that no rule both matches and counts a period for. What has a start is left out until every
 * period in force, and a year more, have passed since: what it waits for then (its tickets, say) will not come any more.
 */
function endlessSql(context: CoverageContext, table: MapTable, { rules, created, told }: Asked): string {
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

interface Counted {
  readonly records: number;
  /** `12 records made over a year ago, the oldest on 2021-03-01 (status open 7, new 5),` */
  readonly text: string;
}

function counted(rows: readonly EndlessRow[], told: MapFact | null): Counted {
  const records = rows.reduce((total, row) => total + Number(row.records), 0);
  const oldest = rows.map((row) => row.oldest).sort()[0] ?? '';
  const kinds = rows.slice(0, VALUES).map((row) => `${row.value ?? 'missing'} ${row.records}`);
  const more = rows.length > VALUES ? ' …' : '';
  const split = told && rows.length > 0 ? ` (${told.name} ${kinds.join(', ')}${more})` : '';
  const many = records === 1 ? '1 record' : `${records} records`;
  return { records, text: `${many} made over a year ago, the oldest on ${dayOf(oldest)}${split}` };
}

function neverClosed(
  table: MapTable,
  rules: readonly RetentionPolicy[],
  told: MapFact | null,
  rows: readonly EndlessRow[],
): readonly Finding[] {
  const { records, text } = counted(rows, told);
  if (records === 0) return [];
  const starts = [...new Set(rules.map(({ start }) => `"${start.name}"`))].join(' or ');
  return [
    warning(
      'record_never_closes',
      recordName(table),
      `${text}, match no rule and have no ${starts}: nothing ever ends them. Close them in the ticket system, or publish a rule for them`,
    ),
  ];
}

function outsideRules(
  table: MapTable,
  told: MapFact | null,
  rows: readonly EndlessRow[],
): readonly Finding[] {
  const { records, text } = counted(rows, told);
  if (records === 0) return [];
  const name = table.concept ?? table.id;
  return [
    warning(
      'record_outside_rules',
      recordName(table),
      `${text}, are older than every period in force, but match no rule as they are: publish a rule for them; \`lethe retention why ${name}/…\` tells more of one`,
    ),
  ];
}

function withoutStart(policy: RetentionPolicy, rows: readonly EndlessRow[]): readonly Finding[] {
  const { records, text } = counted(rows, null);
  if (records === 0) return [];
  return [
    warning(
      'rule_without_start',
      nameOf(policy),
      `${text}, match it but have no "${policy.start.name}": its period never begins. Fill it in in the ticket system, or publish a rule that counts from another event`,
    ),
  ];
}
