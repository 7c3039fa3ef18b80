import type { Compilation } from './compilation.js';
import { columnName } from './compile-tables.js';
import type { EdgeLink, EdgeMatch, MapEdge, MapTable, WhereCondition } from './graph.js';
import type { EdgeEntry, TableEntry, WhereValue } from './schema.js';
import { columnsRead } from './sql-piece.js';

export type Tables = ReadonlyMap<string, MapTable>;
type EdgeLike = Pick<EdgeEntry, 'child' | 'parent' | 'on' | 'where' | 'via'>;

/** Compiles the map's edges: what belongs to what, and what becomes of it. */
export function compileEdges(compilation: Compilation, tables: Tables): readonly MapEdge[] {
  return compilation.file.edges.flatMap((entry, index): readonly MapEdge[] => {
    const path = `edges[${index}]`;
    const shape = compileShape(compilation, tables, entry, path, index);
    if (!shape) return [];
    if (shape.parent.key.length === 0 && entry.then === 'delete')
      compilation.report(`${path}.parent`, `table "${entry.parent}" is a parent, so it needs a key`);
    switch (entry.then) {
      case 'delete':
        if (shape.child.forbidsDelete !== null)
          compilation.report(
            `${path}.child`,
            `"${entry.child}" forbids deleting; its edges can clear or keep`,
          );
        // rows found through other tables must be known by key before these lose theirs
        if ((entry.lastParent ?? entry.via) && shape.child.key.length === 0)
          compilation.report(
            `${path}.child`,
            `${entry.lastParent ? 'lastParent' : 'via'} needs a key on "${entry.child}"`,
          );
        if (entry.lastParent && entry.via)
          compilation.report(`${path}.via`, 'lastParent does not go with "via"');
        return [{ ...shape, then: entry.then, lastParent: entry.lastParent ?? false }];
      case 'clear':
        return [{ ...shape, then: entry.then, set: clearedColumns(compilation, entry) }];
      case 'keep':
        return [{ ...shape, then: entry.then, reason: entry.reason }];
    }
  });
}

function clearedColumns({ file }: Compilation, entry: Extract<EdgeEntry, { then: 'clear' }>) {
  const table = file.tables[entry.child] ?? {};
  const set = entry.set ?? Object.fromEntries(Object.keys(entry.on).map((column) => [column, null]));
  return Object.entries(set).map(([column, value]) => ({
    column: columnName(table, column).name,
    value: value === null ? null : String(value),
  }));
}

/** What delete, clear, keep and subject edges have in common. */
export function compileShape(
  compilation: Compilation,
  tables: Tables,
  entry: EdgeLike,
  path: string,
  index: number,
) {
  const { file, report } = compilation;
  const [child, parent] = [tables.get(entry.child), tables.get(entry.parent)];
  if (!child) report(`${path}.child`, `no table "${entry.child}"`);
  if (!parent) report(`${path}.parent`, `no table "${entry.parent}"`);
  if (!child || !parent) return null;
  const [childEntry, parentEntry] = [file.tables[child.id] ?? {}, file.tables[parent.id] ?? {}];
  const on = compileMatches(compilation, childEntry, parentEntry, entry.on, path);
  if (entry.via && on.length !== 1) report(`${path}.on`, 'an edge with "via" matches exactly one column');
  return {
    index,
    child,
    parent,
    on,
    where: compileWhere(compilation, childEntry, entry.where, `${path}.where`),
    via: compileLinks(compilation, tables, entry, path),
    parentColumns: [...new Set(on.flatMap(({ parentSql }) => columnsRead(parentSql, 'parent')))],
  };
}

function compileMatches(
  { piece, report }: Compilation,
  child: TableEntry,
  parent: TableEntry,
  on: EdgeLike['on'],
  path: string,
): readonly EdgeMatch[] {
  return Object.entries(on).map(([column, value]) => {
    const at = `${path}.on.${column}`;
    const childColumn = columnName(child, column).name;
    if (typeof value === 'string')
      return { childColumn, parentSql: `parent.${columnName(parent, value).sql}` };
    if (columnsRead(value.sql, 'parent').length === 0) report(at, 'must read a column of "parent"');
    return { childColumn, parentSql: `(${piece(at, value.sql, 'expression')})` };
  });
}

function compileLinks(
  compilation: Compilation,
  tables: Tables,
  entry: EdgeLike,
  path: string,
): readonly EdgeLink[] {
  return (entry.via ?? []).flatMap((link, index) => {
    const at = `${path}.via[${index}]`;
    const table = tables.get(link.table);
    const tableEntry = compilation.file.tables[link.table];
    if (!table || !tableEntry) {
      compilation.report(`${at}.table`, `no table "${link.table}"`);
      return [];
    }
    return [
      {
        table: table.sql,
        where: compileWhere(compilation, tableEntry, link.where, `${at}.where`),
        childColumn: columnName(tableEntry, link.child).name,
        parentColumn: columnName(tableEntry, link.parent).name,
      },
    ];
  });
}

/** Conditions on a table's columns; their SQL may read nothing of the row itself. */
export function compileWhere(
  { piece }: Compilation,
  table: TableEntry,
  where: EdgeLike['where'],
  path: string,
): readonly WhereCondition[] {
  const compiled = (value: WhereValue, at: string): WhereValue => {
    if (typeof value !== 'object' || value === null) return value;
    if ('sql' in value) return { sql: piece(`${at}.sql`, value.sql, 'expression') };
    if ('in' in value) return { in: piece(`${at}.in`, value.in, 'select') };
    return value;
  };
  return Object.entries(where ?? {}).map(([column, value]) => ({
    column: columnName(table, column).name,
    value: compiled(value, `${path}.${column}`),
  }));
}
