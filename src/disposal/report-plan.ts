import type { Closure } from '../datamap/closure.js';
import { readForeignKeys } from '../datamap/foreign-keys.js';
import { sameKey } from '../datamap/key-sql.js';
import type { Row, Tx } from '../db/database.js';
import { raw, sql } from '../db/sql.js';
import { factValue } from '../policy/fact-sql.js';
import type { BoundRule } from '../policy/rule-sql.js';
import { actStatements, countStatements } from './closure-sql.js';
import type { PlanReport } from './plan-report.js';
import { activeProtections } from './protection-store.js';
import { SHARED_KEY } from './shared-keys.js';
import type { WorkTables } from './work-tables.js';

/** A plan whose rows are in the work tables. */
interface Planned {
  readonly id: string;
  readonly rule: BoundRule;
  readonly closure: Closure;
  readonly work: WorkTables;
}

/** Counts and reasons of a plan whose chunks and exceptions are stored. `select` is the statement that selected its items. */
export async function reportOf(tx: Tx, planned: Planned, select: string): Promise<PlanReport> {
  const { work, closure } = planned;
  const act = actStatements(work, closure, await readForeignKeys(tx)).map((statement) => statement.sql);
  const exceptions = await exceptionCounts(tx, planned.id);
  return {
    tables: await tableCounts(tx, planned),
    ...(await startsOf(tx, planned)),
    protected: await protectionCounts(tx, exceptions),
    conflicts: ofOutcome(exceptions, 'conflict'),
    overridden: ofOutcome(exceptions, 'overridden'),
    sql: { select, act },
  };
}

async function tableCounts(tx: Tx, { work, closure }: Planned): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const { table, sql: count } of countStatements(work, closure)) {
    const { rows } = await tx.query<Row & { rows: string }>(sql`${raw(count)}`);
    counts[table.id] = Number(rows[0]?.rows ?? 0);
  }
  return counts;
}

async function startsOf(
  tx: Tx,
  { work, closure: { root }, rule }: Planned,
): Promise<Pick<PlanReport, 'oldest' | 'newest' | 'months'>> {
  const { rows } = await tx.query<Row & { month: string; items: string; oldest: string; newest: string }>(sql`
    select to_char(month, 'YYYY-MM') as month, items, oldest, newest
    from (
      select date_trunc('month', start at time zone ${rule.policy.timeZone}) as month, count(*) as items,
        min(start) as oldest, max(start) as newest
      from (select (${raw(factValue(rule.policy.start))})::timestamptz as start
            from ${raw(root.sql)} this join ${raw(work.roots(root))} roots on ${raw(sameKey(root, 'this', 'roots'))}) starts
      group by 1
    ) months
    order by 1`);
  return {
    oldest: rows.map(({ oldest }) => oldest).sort()[0] ?? null,
    newest:
      rows
        .map(({ newest }) => newest)
        .sort()
        .at(-1) ?? null,
    months: Object.fromEntries(rows.map(({ month, items }) => [month, Number(items)])),
  };
}

interface ExceptionCount extends Row {
  readonly outcome: string;
  readonly cause: string;
  readonly records: string;
}

async function exceptionCounts(tx: Tx, planId: string): Promise<readonly ExceptionCount[]> {
  const { rows } = await tx.query<ExceptionCount>(sql`
    select outcome, cause, count(*) as records from lethe.exception where plan_id = ${planId}
    group by outcome, cause order by outcome, cause`);
  return rows;
}

const ofOutcome = (counts: readonly ExceptionCount[], outcome: string) =>
  counts
    .filter((count) => count.outcome === outcome)
    .map(({ cause, records }) => ({ rule: cause, records: Number(records) }));

async function protectionCounts(tx: Tx, counts: readonly ExceptionCount[]): Promise<PlanReport['protected']> {
  const found = counts.filter(({ outcome }) => outcome === 'protected');
  if (found.length === 0) return [];
  const protections = new Map((await activeProtections(tx)).map((row) => [row.id, row]));
  return found.map(({ cause, records }) => {
    const row = cause === SHARED_KEY ? SHARED : protections.get(cause);
    return { by: cause, kind: row?.kind ?? '', ground: row?.ground ?? '', records: Number(records) };
  });
}

/** No protection, but as good as one: nothing tells these rows from others. */
const SHARED = { kind: 'key', ground: 'rows that do not go have the same key' };
