import type { Catalogue, CatalogueColumn, CatalogueTable } from './catalogue.js';
import { fitsType, isDeclaredTextLike, isTextLike, typeFor } from './column-types.js';
import { edgeName, error, hint, warning, type Finding } from './finding.js';
import type { MapColumn, MapGraph, MapTable } from './graph.js';
import type { Losses } from './losses.js';
import type { ColumnEntry, TableEntry } from './schema.js';

/** Every mapped column is there and of the declared type; every column that is there has an answer. */
export function checkColumns(graph: MapGraph, catalogue: Catalogue): readonly Finding[] {
  return [...graph.tables.values()].flatMap((table) => {
    const found = catalogue.tables.get(table.sql);
    if (!found) return [];
    const entry = graph.file.tables[table.id] ?? {};
    return [
      ...declaredColumns(table, entry, found),
      ...checkKeyTypes(table, found),
      ...openColumns(graph, table, entry, found),
    ];
  });
}

function declaredColumns(table: MapTable, entry: TableEntry, found: CatalogueTable): readonly Finding[] {
  return [...table.columns.values()].flatMap((column) => {
    const live = found.columns.get(column.name);
    const at = `tables.${table.id}.columns.${column.id}`;
    // a column of everyTable is in those tables that have it
    const own = entry.columns?.[column.id];
    if (!live) return own ? [missing(at, column.name, found)] : [];
    return [
      ...checkType(at, column, live),
      ...checkRoom(at, column, live),
      ...(own ? [...checkLength(at, own, live), ...checkAnswer(at, own)] : []),
    ];
  });
}

function missing(at: string, name: string, found: CatalogueTable): Finding {
  const near = [...found.columns.keys()].find((other) => other.toLowerCase() === name.toLowerCase());
  return error(
    'column_missing',
    at,
    `${found.sql} has no column "${name}"${near === undefined ? '' : `; there is "${near}"`}`,
  );
}

function checkType(
  at: string,
  { type, name, foldsCase }: Pick<MapColumn, 'type' | 'name' | 'foldsCase'>,
  live: CatalogueColumn,
): readonly Finding[] {
  if (!fitsType(type, live))
    return [
      error(
        'column_type',
        at,
        `is declared ${type}, but "${name}" is ${live.type}: write "type": "${typeFor(live)}"`,
      ),
    ];
  if (!live.deterministic && !foldsCase && (type === 'text' || type === 'char'))
    return [
      error(
        'column_collation',
        at,
        `"${name}" (${live.type}) is compared without regard to case by the database: declare "fold": "ascii", or type "other"`,
      ),
    ];
  return [];
}

/** An encrypted value is longer than the value by its header, and a third: no length that fitted it fits. */
function checkRoom(at: string, { name, isProtected }: MapColumn, live: CatalogueColumn): readonly Finding[] {
  if (!isProtected || (live.length === null && live.type !== 'citext')) return [];
  const type = live.length === null ? live.type : `${live.type}(${live.length})`;
  const message = `is stored encrypted where keys are configured, and "${name}" is ${type}: it must be text, without a length`;
  return [error('column_protected', at, message)];
}

/** Only where a replacement may be written. */
function checkLength(at: string, declared: ColumnEntry, { length }: CatalogueColumn): readonly Finding[] {
  if (length === null || declared.editable === false || declared.category === undefined) return [];
  if (declared.length === undefined)
    return [hint('column_length', at, `holds at most ${length} characters: declare "length": ${length}`)];
  if (declared.length <= length) return [];
  return [
    warning(
      'column_length',
      at,
      `is declared ${declared.length} characters long, the column holds ${length}`,
    ),
  ];
}

function checkAnswer(at: string, { type, category, reason }: ColumnEntry): readonly Finding[] {
  const open = isDeclaredTextLike(type) && category === undefined && reason === undefined;
  return open
    ? [
        warning(
          'column_without_answer',
          at,
          'holds text, but has neither a "category" nor a "reason" why it holds no personal data',
        ),
      ]
    : [];
}

function checkKeyTypes(table: MapTable, found: CatalogueTable): readonly Finding[] {
  return table.key.flatMap(({ name, type }) => {
    const at = `tables.${table.id}.key.${name}`;
    const live = found.columns.get(name);
    return live ? checkType(at, { type, name, foldsCase: false }, live) : [missing(at, name, found)];
  });
}

/** Columns nobody thought of: an upgrade of the ticket system brings them. */
function openColumns(
  graph: MapGraph,
  table: MapTable,
  entry: TableEntry,
  found: CatalogueTable,
): readonly Finding[] {
  const { everyTable } = graph.file;
  const answered = new Set([
    ...[...table.columns.values()].map(({ name }) => name),
    ...Object.keys(entry.ignoredColumns ?? {}),
    ...Object.keys(everyTable?.ignoredColumns ?? {}),
  ]);
  const keys = table.key.map(({ name }) => name);
  const open = [...found.columns.values()].filter(
    ({ name, type }) => !answered.has(name) && (isTextLike({ type }) || !keys.includes(name)),
  );
  const gone = Object.keys(entry.ignoredColumns ?? {}).filter((name) => !found.columns.has(name));
  return [
    ...gone.map((name) =>
      hint(
        'ignored_column_missing',
        `tables.${table.id}.ignoredColumns.${name}`,
        `${found.sql} has no such column`,
      ),
    ),
    ...(entry.otherColumns === undefined ? unanswered(table, open) : onlyOther(table, open)),
  ];
}

const unanswered = (table: MapTable, open: readonly CatalogueColumn[]): readonly Finding[] =>
  open.map((column) => {
    const at = `${table.schema}.${table.name}.${column.name}`;
    if (isTextLike(column))
      return error('column_unmapped', at, `is ${column.type}, can hold personal data and is not in the map`);
    return warning(
      'column_unmapped',
      at,
      `(${column.type}) is not in the map: "columns", "ignoredColumns" or "otherColumns"`,
    );
  });

function onlyOther(table: MapTable, open: readonly CatalogueColumn[]): readonly Finding[] {
  const textLike = open.filter(isTextLike).map(({ name }) => name);
  if (textLike.length === 0) return [];
  const message = `answers for text columns too: ${textLike.join(', ')}; see that none holds personal data`;
  return [hint('column_only_other', `tables.${table.id}.otherColumns`, message)];
}

/** A column that must have a value cannot be cleared: the run would fail at its first batch. */
export const checkClears = ({ clears }: Losses, catalogue: Catalogue): readonly Finding[] =>
  [...clears].flatMap((edge) =>
    edge.set
      .filter(
        ({ column, value }) =>
          value === null && catalogue.tables.get(edge.child.sql)?.columns.get(column)?.nullable === false,
      )
      .map(({ column }) =>
        error(
          'clear_not_null',
          `${edgeName(edge)}.set.${column}`,
          `"${column}" of ${edge.child.sql} cannot be null; give a value in "set"`,
        ),
      ),
  );
