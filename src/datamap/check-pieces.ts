import type { LetheError } from '../core/errors.js';
import type { Row, Tx } from '../db/database.js';
import { literal, raw, sql } from '../db/sql.js';
import type { Catalogue } from './catalogue.js';
import { readingGrants } from './check-rights.js';
import { factAdvice, fitsFact } from './column-types.js';
import { error, type Finding } from './finding.js';
import type { MapFact, MapGraph, MapTable } from './graph.js';
import { ignoredTablesIn, type IgnoredTable } from './ignored-tables.js';
import { piecesOf } from './pieces.js';
import { failureOf } from './probe.js';

/** Has the server plan every piece of SQL that plans and runs are made of; nothing is read. */
export async function checkPieces(
  tx: Tx,
  graph: MapGraph,
  catalogue: Catalogue,
): Promise<readonly Finding[]> {
  const pieces = piecesOf(graph).filter(({ tables }) =>
    tables.every((table) => isReadable(table, catalogue)),
  );
  // nearly always all are sound, and one message says so
  const all = pieces.map((piece) => piece.sql).join(';\n');
  if (pieces.length === 0 || !(await failureOf(tx, all)))
    return checkFactTypes(tx, graph, catalogue, new Set());
  const broken: Finding[] = [];
  for (const piece of pieces) {
    const failure = await failureOf(tx, piece.sql);
    if (failure) broken.push(pieceFinding(piece.path, failure, { graph, catalogue, pieces: [piece.sql] }));
  }
  const paths = new Set(broken.map(({ thing }) => thing));
  const one = broken.filter(
    ({ thing }, index) => broken.findIndex((other) => other.thing === thing) === index,
  );
  return [...one, ...(await checkFactTypes(tx, graph, catalogue, paths))];
}

/** What is not there, or may not be read, has a finding of its own. */
export const isReadable = (table: MapTable, catalogue: Catalogue): boolean =>
  catalogue.tables.get(table.sql)?.maySelect ?? false;

/** Reasons that name nothing by themselves; the server's own words could hold a constant. */
const REASONS: Readonly<Record<string, string>> = {
  '22007': 'a constant is no date or time',
  '22P02': 'a constant does not fit the type of its column',
  '42601': 'it is not sound SQL',
  '42804': 'the types do not fit',
  '42702': 'a column name could mean several; write it with its table or alias',
  '42803': 'a column must be in "group by" or in an aggregate',
};

/** What a finding about a piece can look up. */
export interface PieceContext {
  readonly graph: MapGraph;
  readonly catalogue: Catalogue;
  readonly pieces: readonly string[];
}

/** A piece the server cannot plan. */
export function pieceFinding(path: string, failure: LetheError, context: PieceContext): Finding {
  if (failure.code === 'database_right_missing') {
    const unreadable = unreadableTables(context);
    if (unreadable.length === 0)
      return error('right_missing', path, `this user may not run it${where(failure)}`);
    const names = unreadable.map((table) => table.sql).join(', ');
    const grants = unreadable.map((table) => readingGrants(table, context.catalogue)).join(' ');
    return error('right_missing', path, `this user may not run it: it reads ${names}`, grants);
  }
  if (failure.code !== 'database_failed') return error('piece_broken', path, failure.message);
  const state = String(failure.details['sqlstate'] ?? '');
  const reason = REASONS[state];
  return error(
    'piece_broken',
    path,
    `the server cannot run it: ${reason ?? `SQLSTATE ${state}`}${where(failure)}`,
  );
}

/** Mapped tables that may not be read have a finding of their own. */
export const unreadableTables = ({ graph, catalogue, pieces }: PieceContext): readonly IgnoredTable[] =>
  ignoredTablesIn(graph, pieces).filter(({ sql: table }) => !catalogue.tables.get(table)?.maySelect);

const where = ({ details }: LetheError): string => String(details['where'] ?? '');

/** `when` of a policy compares a fact as its type says; an instant of the wrong kind would follow the session's time zone. */
async function checkFactTypes(
  tx: Tx,
  graph: MapGraph,
  catalogue: Catalogue,
  broken: ReadonlySet<string>,
): Promise<readonly Finding[]> {
  const facts = [...graph.tables.values()]
    .filter((table) => isReadable(table, catalogue))
    .flatMap((table) =>
      [...table.facts.values()].map((fact) => ({
        table,
        fact,
        path: `tables.${table.id}.facts.${fact.name}`,
      })),
    )
    .filter(({ fact, path }) => fact.column === null && !broken.has(path));
  if (facts.length === 0) return [];
  const selects = facts.map(({ table, fact, path }) => typeOf(path, fact, table)).join(' union all ');
  const { rows } = await tx.query<Row & { path: string; type: string }>(sql`${raw(selects)}`);
  const types = new Map(rows.map(({ path, type }) => [path, type]));
  return facts.flatMap(({ fact, path }) => {
    const type = types.get(path) ?? '';
    if (fitsFact(fact.type, type)) return [];
    return [
      error(
        'fact_type',
        path,
        `is declared ${fact.type}, but its expression gives ${type}; it must give ${factAdvice(fact.type)}`,
      ),
    ];
  });
}

/** One row, and no row of the table: the join finds nothing, the type is known all the same. */
const typeOf = (path: string, { expression }: MapFact, { sql: table }: MapTable): string =>
  `select ${literal(path)} as path, pg_typeof(found.value)::text as type
   from (select 1) one left join (select ${expression} as value from ${table} this limit 0) found on true`;
