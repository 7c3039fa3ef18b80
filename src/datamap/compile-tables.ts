import { isTimeZone } from '../core/zone.js';
import { identifier } from '../db/sql.js';
import type { Compilation, Report } from './compilation.js';
import { compileProtected } from './compile-protected.js';
import type { MapColumn, MapFact, MapTable } from './graph.js';
import type { ColumnEntry, ColumnType, DataMapFile, FactType, TableEntry } from './schema.js';

/** Compiles the map's tables: names quoted, keys, columns, facts and record predicates. */
export function compileTables(compilation: Compilation): ReadonlyMap<string, MapTable> {
  const { file, report } = compilation;
  const tables = Object.entries(file.tables).map(([id, entry]) => compileTable(compilation, id, entry));
  for (const [id, { column }] of Object.entries(file.everyTable?.columns ?? {}))
    if (column !== undefined) report(`everyTable.columns.${id}.column`, 'is named by its SQL name here');
  reportRepeatedTables(tables, file, report);
  return new Map(tables.map((table) => [table.id, table]));
}

/** One SQL table under two ids would be emptied, swept and counted twice. */
function reportRepeatedTables(tables: readonly MapTable[], file: DataMapFile, report: Report): void {
  const seen = new Map<string, MapTable>();
  for (const table of tables) {
    const other = seen.get(table.sql);
    if (other)
      report(`tables.${table.id}.table`, `${table.schema}.${table.name} is mapped as "${other.id}" already`);
    seen.set(table.sql, table);
  }
  for (const ignored of Object.keys(file.ignoredTables ?? {})) {
    const [schema, name] = splitName(ignored, file.schema ?? 'public');
    const mapped = tables.find((table) => table.schema === schema && table.name === name);
    if (mapped) report(`ignoredTables.${ignored}`, `is mapped as "${mapped.id}"`);
  }
}

function compileTable(compilation: Compilation, id: string, entry: TableEntry): MapTable {
  const { file, report, piece } = compilation;
  const path = `tables.${id}`;
  const [schema, name] = splitName(entry.table ?? id, file.schema ?? 'public');
  const columns = compileColumns(compilation, path, entry);
  const discriminator = entry.discriminator;
  const record =
    entry.record === undefined ? 'true' : `(${piece(`${path}.record`, entry.record, 'expression')})`;
  if (entry.concept !== undefined && Object.keys(entry.key ?? {}).length === 0)
    report(path, 'a record that policies name needs a key');
  return {
    id,
    schema,
    name,
    sql: `${identifier(schema)}.${identifier(name)}`,
    key: Object.entries(entry.key ?? {}).map(([column, type]) => ({ ...columnName(entry, column), type })),
    concept: entry.concept ?? null,
    record,
    columns,
    facts: compileFacts(compilation, path, entry, columns),
    discriminator: discriminator
      ? {
          column: columnName(entry, discriminator.column).name,
          ignored: Object.keys(discriminator.ignored ?? {}),
        }
      : null,
    forbidsDelete: entry.forbids?.delete ?? null,
    partitionedBy: entry.partition ? columnName(entry, entry.partition.by).name : null,
    protected: compileProtected(compilation, path, entry, columns),
  };
}

/** A table's SQL name as a map writes it, `schema.table` or `table`. */
export function splitName(name: string, schema: string): [string, string] {
  const dot = name.indexOf('.');
  return dot < 0 ? [schema, name] : [name.slice(0, dot), name.slice(dot + 1)];
}

/** The SQL name of a column by its map id: what the table says, else the id itself. */
export function columnName(entry: TableEntry, id: string): { readonly name: string; readonly sql: string } {
  const name = entry.columns?.[id]?.column ?? id;
  return { name, sql: identifier(name) };
}

function compileColumns(
  { file, report }: Compilation,
  path: string,
  entry: TableEntry,
): ReadonlyMap<string, MapColumn> {
  const shared = file.everyTable?.columns ?? {};
  const all = { ...shared, ...entry.columns };
  return new Map(
    Object.entries(all).map(([id, column]) => {
      checkColumn(column, `${path}.columns.${id}`, report);
      const compiled: MapColumn = {
        id,
        ...columnName(entry, id),
        type: column.type,
        zone: column.zone ?? 'UTC',
        unset: column.unset ?? [],
        foldsCase: column.fold === 'ascii',
        category: column.category ?? null,
        isProtected: entry.protected?.columns.includes(id) ?? false,
      };
      return [id, compiled];
    }),
  );
}

function checkColumn(column: ColumnEntry, path: string, report: Report): void {
  const local = column.type === 'timestamp' || column.type === 'date';
  if (local && column.zone === undefined)
    report(
      `${path}.zone`,
      `a ${column.type} column has no time zone of its own; name the one it is meant in`,
    );
  if (!local && column.zone !== undefined)
    report(`${path}.zone`, 'only timestamp and date columns have a zone');
  if (column.zone !== undefined && !isTimeZone(column.zone))
    report(`${path}.zone`, `unknown time zone "${column.zone}"`);
  if (column.fold !== undefined && !['text', 'char'].includes(column.type))
    report(`${path}.fold`, 'only text can be folded');
}

const FACT_TYPES: Readonly<Partial<Record<ColumnType, FactType>>> = {
  int: 'number',
  bigint: 'number',
  numeric: 'number',
  float: 'number',
  boolean: 'boolean',
  text: 'text',
  char: 'text',
  enum: 'text',
  uuid: 'uuid',
  date: 'instant',
  timestamp: 'instant',
  timestamptz: 'instant',
  'text[]': 'text[]',
  'bigint[]': 'number[]',
};

function compileFacts(
  { report, piece }: Compilation,
  path: string,
  entry: TableEntry,
  columns: ReadonlyMap<string, MapColumn>,
): ReadonlyMap<string, MapFact> {
  const facts = new Map<string, MapFact>();
  for (const [name, fact] of Object.entries(entry.facts ?? {})) {
    const at = `${path}.facts.${name}`;
    if ('sql' in fact) {
      const expression = `(${piece(`${at}.sql`, fact.sql, 'expression')})`;
      facts.set(name, { name, type: fact.type, column: null, expression, category: null });
      continue;
    }
    const column = columns.get(fact.column);
    const type = column && FACT_TYPES[column.type];
    if (!column) report(`${at}.column`, `the table has no mapped column "${fact.column}"`);
    else if (!type) report(`${at}.column`, `a ${column.type} column cannot be a fact`);
    else if (entry.columns?.[fact.column]?.decode !== undefined)
      report(`${at}.column`, 'an encoded column cannot be a fact');
    else facts.set(name, { name, type, column, expression: `this.${column.sql}`, category: column.category });
  }
  return facts;
}

/** Tables by their record name, each of which is one table's. */
export function recordsOf(
  tables: ReadonlyMap<string, MapTable>,
  report: Report,
): ReadonlyMap<string, MapTable> {
  const records = new Map<string, MapTable>();
  for (const table of tables.values()) {
    if (table.concept === null) continue;
    const other = records.get(table.concept);
    if (other)
      report(`tables.${table.id}.concept`, `"${table.concept}" is the record name of "${other.id}" already`);
    records.set(table.concept, table);
  }
  return records;
}
