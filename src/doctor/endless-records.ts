import { raw, sql } from '../db/sql.js';
import { timeLimit, unlessLate } from '../db/time-limit.js';
import { closureOf } from '../datamap/closure.js';
import { hint, warning, type Finding } from '../datamap/finding.js';
import { isOwnTable, type MapFact, type MapTable } from '../datamap/graph.js';
import type { RetentionPolicy } from '../policy/retention-policy.js';
import { dayOf, findingOr, nameOf, SECONDS, type CoverageContext } from './context.js';
import { endlessSql, tellingFact, type EndlessRow } from './endless-sql.js';

/** The fact of a map that says when a record was made. */
const CREATED = 'createdAt';

/** Values of a fact that a message tells apart. */
const VALUES = 5;

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
    ...neverClosed(
      table,
      rules,
      told,
      rows.filter(({ rule, started }) => rule < 0 && !started),
    ),
    ...outsideRules(
      table,
      told,
      rows.filter(({ rule, started }) => rule < 0 && started),
    ),
    ...rules.flatMap((rule, index) =>
      withoutStart(
        rule,
        rows.filter((row) => row.rule === index),
      ),
    ),
  ];
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
