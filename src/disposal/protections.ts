import { describeProblems, LetheError, type Problem } from '../core/errors.js';
import type { Instant } from '../core/instant.js';
import { cutoffOf } from '../core/cutoff.js';
import { literal } from '../db/sql.js';
import type { Queryable } from '../db/database.js';
import { belongsTo } from '../datamap/edge-sql.js';
import type { MapGraph, MapTable } from '../datamap/graph.js';
import { keyAsText } from '../datamap/key-sql.js';
import { bindTime } from '../policy/condition.js';
import { readCondition } from '../policy/read-condition.js';
import { readRetentionPolicy, type RetentionPolicy } from '../policy/retention-policy.js';
import { keepsSql, thenOrNow, type Moment } from '../policy/rule-sql.js';
import { whereOf } from '../policy/where.js';
import { activeProtections, type ProtectionRow } from './protection-store.js';

export type { Moment };

/** Rows of one table that something stops: a FROM clause with the row as `this`, a predicate and the cause, all SQL. */
export interface ProtectedRows {
  readonly table: MapTable;
  readonly from: string;
  readonly where: string;
  readonly cause: string;
  /** Of a floor that names data categories: what belongs to the record is covered only where it holds one of these. */
  readonly covers?: readonly string[];
}

/**
 * Everything that stops a disposal, as SQL. Read after the gate was taken: nobody can place a protection until the batch
 * ends. Conditions and subjects are evaluated where the SQL runs, so new tickets count; the periods in a hold's condition
 * run up to now, those of a floor up to the plan's instant, as its rule's do, and up to now where that is later.
 * @throws LetheError `protection_unreadable`: what cannot be understood protects everything
 */
export async function readProtections(
  db: Queryable,
  graph: MapGraph,
  moment: Moment,
  /** Which of them; default: all. */
  which: (row: ProtectionRow) => boolean = () => true,
): Promise<readonly ProtectedRows[]> {
  const rows = (await activeProtections(db)).filter(which);
  const records = new Set(
    rows.flatMap(({ record, key }) => (key === null || record === null ? [] : [record])),
  );
  return [
    ...[...records].map((record) => protectedRecords(tableOf(graph, record, `on ${record} records`))),
    ...rows.flatMap((row) => protectedBy(graph, row, moment)),
  ];
}

/** All protections of single records of one table at once: there may be thousands. */
function protectedRecords(table: MapTable): ProtectedRows {
  const match = `p.record = ${literal(table.concept ?? '')} and p.key = ${keyAsText(table, 'this')} and p.lifted_at is null`;
  return {
    table,
    from: `${table.sql} this join lethe.protection p on ${match}`,
    where: 'true',
    cause: 'p.id',
  };
}

function protectedBy(graph: MapGraph, row: ProtectionRow, moment: Moment): readonly ProtectedRows[] {
  if (row.key !== null) return [];
  if (row.subject_id !== null) return rowsOfSubject(graph, row.id, row.subject_id);
  const table = tableOf(graph, row.record ?? '', row.id);
  const from = `${table.sql} this`;
  const cause = literal(row.id);
  if (row.version !== null) return [{ ...floorRows(floorPolicy(graph, row), moment), cause }];
  return [{ table, from, cause, where: conditionSql(table, row, moment.now) }];
}

/** What belongs to the person by the map's subject edges, and the person's own rows. */
function rowsOfSubject(graph: MapGraph, protection: string, subjectId: string): readonly ProtectedRows[] {
  const { subject } = graph;
  if (!subject) throw unreadable(protection, 'the data map names no subjects');
  const { table } = subject;
  const match = `r.record = ${literal(table.concept ?? '')} and r.key = ${keyAsText(table, 'person')} and r.subject_id = ${literal(subjectId)}`;
  const person = `(select person.* from ${table.sql} person join lethe.subject_record r on ${match})`;
  const cause = literal(protection);
  return [
    { table, from: `${person} this`, where: 'true', cause },
    ...subject.edges.map((edge) => ({
      table: edge.child,
      from: `(select child.* from ${edge.child.sql} child where ${belongsTo(edge, person)}) this`,
      where: 'true',
      cause,
    })),
  ];
}

function conditionSql(table: MapTable, row: ProtectionRow, asOf: Instant): string {
  const problems: Problem[] = [];
  const report = (path: string, message: string): void => void problems.push({ file: '', path, message });
  const condition = readCondition({ table, timeZone: 'UTC', report }, row.condition, 'condition');
  if (!condition) throw unreadable(row.id, describeProblems(problems));
  const bound = bindTime(condition, (period, timeZone) =>
    cutoffOf({ asOf, period, timeZone, periodStarts: 'event' }),
  );
  return `${table.record} and ${whereOf(bound)}`;
}

function floorPolicy(graph: MapGraph, row: ProtectionRow): RetentionPolicy {
  const problems: Problem[] = [];
  const content: unknown = JSON.parse(row.content ?? 'null');
  const policy = readRetentionPolicy(graph, { path: row.id, content }, problems);
  if (!policy) throw unreadable(row.id, describeProblems(problems));
  if (policy.digest !== row.version) throw unreadable(row.id, 'its text is not the one that was published');
  return policy;
}

/** What a duty to keep protects; the cause is its digest. */
export function floorRows(policy: RetentionPolicy, moment: Moment): ProtectedRows {
  const { table, digest, entry } = policy;
  const where = thenOrNow(policy, moment, keepsSql);
  const rows = { table, from: `${table.sql} this`, where, cause: literal(digest) };
  return entry.then.action === 'keep' && entry.then.covers ? { ...rows, covers: entry.then.covers } : rows;
}

function tableOf(graph: MapGraph, record: string, protection: string): MapTable {
  const table = graph.records.get(record);
  if (!table) throw unreadable(protection, `the data map has no record "${record}"`);
  return table;
}

const unreadable = (protection: string, reason: string): LetheError =>
  new LetheError('protection_unreadable', { protection, reason });
