import type { Compilation } from './compilation.js';
import { compileShape, compileWhere, type Tables } from './compile-edges.js';
import { columnName } from './compile-tables.js';
import type { MapSubject, MapTable, SubjectEdge, SubjectIdentifier } from './graph.js';
import type { DataMapFile } from './schema.js';

type SubjectEntry = NonNullable<DataMapFile['subject']>;

/** Compiles who the data subjects are, what identifies them and which rows are theirs, in which role. */
export function compileSubject(compilation: Compilation, tables: Tables): MapSubject | null {
  const { file, report } = compilation;
  if (!file.subject) return null;
  const table = tables.get(file.subject.record);
  if (!table) {
    report('subject.record', `no table "${file.subject.record}"`);
    return null;
  }
  if (table.concept === null)
    report('subject.record', `table "${table.id}" needs a "concept": holds name people by it`);
  if (
    !table.key.some(
      ({ name }) => name === columnName(file.tables[table.id] ?? {}, file.subject?.key ?? '').name,
    )
  )
    report('subject.key', `"${file.subject.key}" is not the key of "${table.id}"`);
  return {
    table,
    identifiers: compileIdentifiers(compilation, tables, file.subject),
    edges: compileSubjectEdges(compilation, tables, file.subject, table),
  };
}

function compileIdentifiers(
  compilation: Compilation,
  tables: Tables,
  { record, identifiers = [] }: SubjectEntry,
): readonly SubjectIdentifier[] {
  return identifiers.flatMap((entry, index): readonly SubjectIdentifier[] => {
    const path = `subject.identifiers[${index}]`;
    const table = tables.get(entry.table);
    if (!table) {
      compilation.report(`${path}.table`, `no table "${entry.table}"`);
      return [];
    }
    if (entry.table !== record && entry.owner === undefined)
      compilation.report(
        `${path}.owner`,
        `name the column of "${entry.table}" that holds the key of the person`,
      );
    const tableEntry = compilation.file.tables[entry.table] ?? {};
    return [
      {
        kind: entry.kind,
        table,
        column: columnName(tableEntry, entry.column).name,
        where: compileWhere(compilation, tableEntry, entry.where, `${path}.where`),
        owner: entry.owner === undefined ? null : columnName(tableEntry, entry.owner).name,
      },
    ];
  });
}

function compileSubjectEdges(
  compilation: Compilation,
  tables: Tables,
  { edges }: SubjectEntry,
  parent: MapTable,
): readonly SubjectEdge[] {
  return edges.flatMap((entry, index): readonly SubjectEdge[] => {
    const edge = { ...entry, parent: parent.id };
    const shape = compileShape(compilation, tables, edge, `subject.edges[${index}]`, index);
    return shape ? [{ ...shape, role: entry.as }] : [];
  });
}
