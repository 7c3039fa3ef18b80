import type { Row, Tx } from '../db/database.js';
import { identifier, raw, sql } from '../db/sql.js';
import type { Catalogue } from './catalogue.js';
import { isReadable } from './check-pieces.js';
import { comparison, whereSql } from './edge-sql.js';
import { edgeName, hint, type Finding } from './finding.js';
import type { EdgeMatch, MapEdge, MapGraph, SubjectEdge, WhereCondition } from './graph.js';
import { failureOf } from './probe.js';

/** Below this many rows reading the whole table costs nothing worth an index. */
const FEWEST_ROWS = 1000;

/** One look-up an edge makes: rows of `table` by `columns`, where the constants hold. */
interface LookUp {
  readonly path: string;
  /** Quoted. */
  readonly table: string;
  readonly columns: readonly string[];
  readonly where: readonly WhereCondition[];
  /** One SQL expression a column, of the type it is compared with. */
  readonly values: readonly string[];
}

/** Edges whose rows no index finds: every batch, and every deleted parent, would read the whole table. */
export async function checkIndexes(
  tx: Tx,
  graph: MapGraph,
  catalogue: Catalogue,
): Promise<readonly Finding[]> {
  // what the planner would do for one parent, had it no other choice than an index if there is one
  await tx.script('set local enable_seqscan = off; set local jit = off');
  const acting = graph.edges
    .filter(({ then }) => then !== 'keep')
    .map((edge) => ({ edge, path: edgeName(edge) }));
  const subject = (graph.subject?.edges ?? []).map((edge) => ({
    edge,
    path: edgeName(edge, 'subject.edges'),
  }));
  const lookUps = [...acting, ...subject]
    .filter(({ edge }) => [edge.child, edge.parent].every((table) => isReadable(table, catalogue)))
    .flatMap(({ edge, path }) => lookUpsOf(edge, path))
    .filter(({ table }) => (catalogue.tables.get(table)?.rows ?? 0) >= FEWEST_ROWS);
  const missing = new Map<string, Finding>();
  for (const lookUp of lookUps) {
    const index = createIndex(lookUp);
    if (!missing.has(index) && !(await hasIndex(tx, lookUp))) missing.set(index, finding(lookUp, index));
  }
  return [...missing.values()];
}

function lookUpsOf(edge: MapEdge | SubjectEdge, path: string): readonly LookUp[] {
  const { child, parent, on, where, via } = edge;
  const fromParent = on.map(({ parentSql }) => `(select ${parentSql} from ${parent.sql} parent limit 1)`);
  const links = via.map((link, index): LookUp => {
    const next = via[index + 1];
    const value = next
      ? `(select next.${identifier(next.childColumn)} from ${next.table} next limit 1)`
      : fromParent[0];
    return {
      path: `${path}.via[${index}]`,
      table: link.table,
      columns: [link.parentColumn],
      where: link.where,
      values: [value ?? ''],
    };
  });
  const [first] = via;
  const values = first
    ? [`(select link.${identifier(first.childColumn)} from ${first.table} link limit 1)`]
    : fromParent;
  return [{ path, table: child.sql, columns: columnsOf(on), where, values }, ...links];
}

const columnsOf = (on: readonly EdgeMatch[]): readonly string[] => on.map(({ childColumn }) => childColumn);

/** Asks the planner itself, which knows partial indexes, operator classes and collations. */
async function hasIndex(tx: Tx, { table, columns, where, values }: LookUp): Promise<boolean> {
  const match = columns
    .map((column, index) => `child.${identifier(column)} = ${values[index] ?? ''}`)
    .join(' and ');
  const query = `explain (format json, costs off) select from ${table} child where ${match}${whereSql('child', where)}`;
  // a broken edge has a finding already
  if (await failureOf(tx, query)) return true;
  const { rows } = await tx.query<Row & { 'QUERY PLAN': readonly { Plan: PlanNode }[] }>(sql`${raw(query)}`);
  const conditions = rows.flatMap((row) => row['QUERY PLAN'].flatMap(({ Plan }) => indexConditions(Plan)));
  return conditions.some((condition) => columns.some((column) => mentions(condition, column)));
}

interface PlanNode {
  readonly 'Index Cond'?: string;
  readonly 'Parent Relationship'?: string;
  readonly Plans?: readonly PlanNode[];
}

/** Not those of the sub-selects that stand for the parent. */
function indexConditions(node: PlanNode): readonly string[] {
  const below = (node.Plans ?? [])
    .filter((plan) => plan['Parent Relationship'] !== 'InitPlan')
    .flatMap(indexConditions);
  return node['Index Cond'] === undefined ? below : [node['Index Cond'], ...below];
}

/** As the server prints a column: quoted only where it must be. */
const mentions = (condition: string, column: string): boolean =>
  (/^[a-z_][a-z0-9_$]*$/.test(column) &&
    new RegExp(`(?<![\\w$"'])${column.replaceAll('$', '\\$')}(?![\\w$"'])`).test(condition)) ||
  condition.includes(identifier(column));

/** Partial where the edge has constants: smaller, and only the rows the edge means. */
function createIndex({ table, columns, where }: LookUp): string {
  const constants = where.filter(
    ({ value }) => !(typeof value === 'object' && value !== null && !Array.isArray(value)),
  );
  const conditions = constants.map(({ column, value }) => `${identifier(column)} ${comparison(value)}`);
  const partial = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`;
  return `create index concurrently on ${table} (${columns.map(identifier).join(', ')})${partial};`;
}

const readBy = (path: string): string => (path.startsWith('subject.') ? 'search for a person' : 'batch');

const finding = ({ path, table, columns }: LookUp, index: string): Finding =>
  hint(
    'index_missing',
    path,
    `no index of ${table} finds rows by ${columns.join(', ')}: every ${readBy(path)} reads the whole table`,
    index,
  );
