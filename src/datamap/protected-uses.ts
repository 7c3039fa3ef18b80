import type { Compilation } from './compilation.js';
import { INDEX_KINDS, isIndexKind } from './index-kinds.js';
import type { DataMapFile, EdgeEntry, TableEntry, ViaEntry } from './schema.js';

/** What the map may not do with a column that is stored encrypted: ciphertext equals nothing, sorts by nothing, and says nothing. */
export function checkProtectedUses(compilation: Compilation): void {
  const { file, report } = compilation;
  for (const [id, entry] of Object.entries(file.tables)) checkTable(compilation, `tables.${id}`, entry);
  const sealed = (table: string, columns: readonly string[], path: string): void => {
    for (const column of columns)
      if (isProtected(file, table, column)) report(path, `"${column}" of "${table}" is stored encrypted`);
  };
  for (const [index, edge] of file.edges.entries()) checkEdge(edge, `edges[${index}]`, sealed);
  for (const [index, edge] of (file.subject?.edges ?? []).entries())
    checkEdge({ ...edge, parent: file.subject?.record ?? '' }, `subject.edges[${index}]`, sealed);
  checkIdentifiers(compilation);
}

const isProtected = ({ tables }: DataMapFile, table: string, column: string): boolean =>
  tables[table]?.protected?.columns.includes(column) ?? false;

function checkTable({ report }: Compilation, path: string, entry: TableEntry): void {
  const columns = new Set(entry.protected?.columns);
  const refuse = (column: string | undefined, at: string, reason: string): void => {
    if (column !== undefined && columns.has(column))
      report(`${path}.${at}`, `"${column}" is stored encrypted: ${reason}`);
  };
  refuse(entry.partition?.by, 'partition.by', 'rows cannot be parted by it');
  refuse(entry.discriminator?.column, 'discriminator.column', 'no kind of row can be told by it');
  for (const [name, fact] of Object.entries(entry.facts ?? {}))
    if ('column' in fact) refuse(fact.column, `facts.${name}.column`, 'no condition can ask for it');
  for (const [id, column] of Object.entries(entry.columns ?? {}))
    if (column.unset) refuse(id, `columns.${id}.unset`, 'what is not set must be null');
}

type Sealed = (table: string, columns: readonly string[], path: string) => void;
type EdgeLike = Pick<EdgeEntry, 'child' | 'parent' | 'on' | 'where' | 'via'> & {
  readonly set?: Readonly<Record<string, unknown>> | undefined;
};

function checkEdge(
  { child, parent, on, where = {}, via = [], set = {} }: EdgeLike,
  path: string,
  sealed: Sealed,
): void {
  sealed(child, Object.keys(on), `${path}.on`);
  const theirs = Object.values(on).filter((column) => typeof column === 'string');
  sealed(via.at(-1)?.table ?? parent, theirs, `${path}.on`);
  sealed(child, Object.keys(where), `${path}.where`);
  // null may be stored anywhere, any other constant would stand there in the clear
  const constants = Object.entries(set).flatMap(([column, value]) => (value === null ? [] : column));
  sealed(child, constants, `${path}.set`);
  for (const [index, link] of via.entries()) checkLink(link, `${path}.via[${index}]`, sealed);
}

function checkLink({ table, where = {}, child, parent }: ViaEntry, path: string, sealed: Sealed): void {
  sealed(table, [child, parent, ...Object.keys(where)], path);
}

/** People are found by a protected column over the blind index, which has one entry a person and kind. */
function checkIdentifiers({ file, report }: Compilation): void {
  const { subject } = file;
  const seen = new Set<string>();
  for (const [index, { kind, table, column, where }] of (subject?.identifiers ?? []).entries()) {
    if (!isProtected(file, table, column)) continue;
    const path = `subject.identifiers[${index}]`;
    if (!isIndexKind(kind))
      report(
        `${path}.kind`,
        `"${column}" is stored encrypted, and can be found as one of ${INDEX_KINDS.join(', ')}`,
      );
    if (table !== subject?.record)
      report(
        `${path}.table`,
        `"${column}" is stored encrypted: only a column of "${subject?.record ?? ''}" can be found`,
      );
    if (where)
      report(`${path}.where`, `"${column}" is stored encrypted: it is found in every row, or in none`);
    if (seen.has(kind)) report(`${path}.kind`, `another protected column is the ${kind} already`);
    seen.add(kind);
  }
}
