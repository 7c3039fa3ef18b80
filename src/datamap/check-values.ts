import type { Row, Tx } from '../db/database.js';
import { identifier, literal, raw, sql } from '../db/sql.js';
import type { Catalogue } from './catalogue.js';
import { isReadable, pieceFinding, type PieceContext } from './check-pieces.js';
import { error, warning, type Finding } from './finding.js';
import type { MapGraph, MapTable, ParameterCheck } from './graph.js';
import { failureOf } from './probe.js';

/** A wrong parameter matches no row and says nothing: its check must find this database to agree. */
export async function checkParameters(
  tx: Tx,
  graph: MapGraph,
  catalogue: Catalogue,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const check of graph.parameterChecks)
    findings.push(...(await checkParameter(tx, check, { graph, catalogue, pieces: [check.sql] })));
  return findings;
}

async function checkParameter(
  tx: Tx,
  { parameter, sql: check }: ParameterCheck,
  context: PieceContext,
): Promise<readonly Finding[]> {
  const path = `parameters.${parameter}`;
  const query = `select (${check}) is true as fits`;
  const failure = await failureOf(tx, query);
  if (failure) return [pieceFinding(`${path}.check`, failure, context)];
  const { rows } = await tx.query<Row & { fits: boolean }>(sql`${raw(query)}`);
  if (rows[0]?.fits === true) return [];
  return [
    error(
      'parameter_mismatch',
      path,
      'its value does not fit what is in this database (the check gives false)',
    ),
  ];
}

const MOST_VALUES = 10;
const LONGEST_VALUE = 60;

/** Kinds of rows in a polymorphic table that no edge names: these rows would stay behind when what they hang on goes. */
export async function checkDiscriminators(
  tx: Tx,
  graph: MapGraph,
  catalogue: Catalogue,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const table of graph.tables.values())
    if (table.discriminator && isReadable(table, catalogue))
      findings.push(...(await checkKinds(tx, graph, table, table.discriminator)));
  return findings;
}

async function checkKinds(
  tx: Tx,
  graph: MapGraph,
  table: MapTable,
  { column, ignored }: NonNullable<MapTable['discriminator']>,
): Promise<readonly Finding[]> {
  const covered = coveredKinds(graph, table, column);
  if (covered === 'unknown') return [];
  const known = [...covered, ...ignored].map(literal).join(', ');
  const text = `this.${identifier(column)}::text`;
  const query = `select distinct left(${text}, ${LONGEST_VALUE}) as kind from ${table.sql} this
    where ${text} is not null${known === '' ? '' : ` and ${text} not in (${known})`} order by 1 limit ${MOST_VALUES + 1}`;
  if (await failureOf(tx, query)) return [];
  const { rows } = await tx.query<Row & { kind: string }>(sql`${raw(query)}`);
  if (rows.length === 0) return [];
  const listed = rows
    .slice(0, MOST_VALUES)
    .map(({ kind }) => JSON.stringify(kind))
    .join(', ');
  const more = rows.length > MOST_VALUES ? ' and more' : '';
  const message = `"${column}" also has ${listed}${more}: no edge names them; add edges, or answer in "discriminator.ignored"`;
  return [warning('kind_without_edge', `tables.${table.id}.discriminator`, message)];
}

/** Kinds that the edges of the table name by constants; unknown where one takes them from a query. */
function coveredKinds(graph: MapGraph, table: MapTable, column: string): readonly string[] | 'unknown' {
  const values = graph.edges
    .filter(({ child }) => child === table)
    .flatMap(({ where }) =>
      where.filter((condition) => condition.column === column).map(({ value }) => value),
    );
  if (values.some((value) => typeof value === 'object' && value !== null && !Array.isArray(value)))
    return 'unknown';
  return values.flatMap((value) => (value === null ? [] : [value].flat().map(String)));
}
