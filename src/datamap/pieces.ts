import { identifier, literal } from '../db/sql.js';
import { belongsTo, joined, whereSql, type Relation } from './edge-sql.js';
import { edgeName } from './finding.js';
import type { MapGraph, MapTable, SubjectIdentifier } from './graph.js';

/** A statement that reads nothing (limit 0) and fails when a part of the map is not sound SQL for this database. */
export interface Piece {
  /** Path in the map file. */
  readonly path: string;
  readonly sql: string;
  /** Tables it cannot do without: when one is missing, that is said already. */
  readonly tables: readonly MapTable[];
}

/** Everything in the map that becomes SQL, except derived data: that needs tables of its own. */
export function piecesOf(graph: MapGraph): readonly Piece[] {
  return [
    ...[...graph.tables.values()].flatMap(tablePieces),
    ...graph.edges.flatMap((edge) => edgePieces(edgeName(edge), edge, edge.parent)),
    ...(graph.subject?.edges ?? []).flatMap((edge) =>
      edgePieces(edgeName(edge, 'subject.edges'), edge, edge.parent),
    ),
    ...(graph.subject?.identifiers ?? []).map(identifierPiece),
  ];
}

function tablePieces(table: MapTable): readonly Piece[] {
  const path = `tables.${table.id}`;
  const piece = (at: string, select: string, where = ''): Piece => ({
    path: `${path}.${at}`,
    sql: `select ${select} from ${table.sql} this${where} limit 0`,
    tables: [table],
  });
  return [
    piece('record', '', ` where ${table.record}`),
    ...[...table.facts.values()].map(({ name, expression }) => piece(`facts.${name}`, expression)),
    ...[...table.columns.values()]
      .filter(({ unset }) => unset.length > 0)
      .map(({ id, sql, unset }) =>
        piece(`columns.${id}.unset`, `this.${sql} in (${unset.map(literal).join(', ')})`),
      ),
    ...(table.discriminator
      ? [piece('discriminator.column', `this.${identifier(table.discriminator.column)}`)]
      : []),
  ];
}

/** Both ways an edge is written as SQL; `parent` holds just the columns a work table would. */
function edgePieces(
  path: string,
  edge: Relation & { readonly parentColumns: readonly string[] },
  parent: MapTable,
): readonly Piece[] {
  const columns = edge.parentColumns.map(identifier).join(', ');
  const { links, condition } = joined(edge);
  const from = `from ${edge.child.sql} child`;
  const set = 'set' in edge ? (edge.set as readonly { column: string; value: string | null }[]) : [];
  const cleared = set.map(
    ({ column, value }) => `nullif(child.${identifier(column)}, ${value === null ? 'null' : literal(value)})`,
  );
  const piece = (sql: string): Piece => ({ path, sql: `${sql} limit 0`, tables: [edge.child, parent] });
  return [
    piece(
      `select ${cleared.join(', ')} ${from} where ${belongsTo(edge, `(select ${columns} from ${parent.sql})`)}`,
    ),
    piece(`select ${from}, ${parent.sql} parent${links} where ${condition}`),
  ];
}

const identifierPiece = ({ table, column, owner, where }: SubjectIdentifier, index: number): Piece => ({
  path: `subject.identifiers[${index}]`,
  sql: `select this.${identifier(column)}${owner === null ? '' : `, this.${identifier(owner)}`} from ${table.sql} this
    where true${whereSql('this', where)} limit 0`,
  tables: [table],
});
