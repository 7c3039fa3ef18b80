import { isTimeZone } from '../core/zone.js';
import { canonicalJson } from '../core/canonical-json.js';
import { sha256 } from '../core/digest.js';
import { describeProblems, LetheError, type Problem } from '../core/errors.js';
import { identifier } from '../db/sql.js';
import { compileEdges, compileSubject } from './compile-edges.js';
import type { DerivedData, MapColumn, MapFact, MapGraph, MapTable, ParameterCheck } from './graph.js';
import type { ColumnEntry, ColumnType, DataMapFile, FactType, TableEntry } from './schema.js';
import { bindParameters, parametersOf, problemOfPiece, type ParameterValues } from './sql-piece.js';

export type Report = (path: string, message: string) => void;

/** What the parts of the compiler share: the file, the parameter values and where findings go. */
export interface Compilation {
  readonly file: DataMapFile;
  readonly report: Report;
  /** Checks a piece of SQL, reports what is wrong with it and binds its parameters. */
  readonly piece: (path: string, text: string, form: 'expression' | 'select' | 'write') => string;
}

/**
 * Compiles a map file into its frozen graph.
 * @throws LetheError `map_invalid` with every finding at once.
 */
export function compileMap(file: DataMapFile, fileName: string, given: ParameterValues): MapGraph {
  const problems: Problem[] = [];
  const report: Report = (path, message) => problems.push({ file: fileName, path, message });
  const values = checkedParameters(file, given, report);
  const compilation: Compilation = { file, report, piece: pieceCompiler(file, values, report) };
  const tables = compileTables(compilation);
  const edges = compileEdges(compilation, tables);
  const text = canonicalJson({ map: file, parameters: values });
  const graph: MapGraph = {
    id: file.id,
    file,
    text,
    digest: sha256(text),
    tables,
    records: recordsOf(tables, report),
    edges,
    derived: compileDerived(compilation, tables),
    subject: compileSubject(compilation, tables),
    parameterChecks: compileChecks(compilation),
  };
  if (problems.length > 0) throw new LetheError('map_invalid', { problems: describeProblems(problems) });
  return deepFreeze(graph);
}

function checkedParameters(file: DataMapFile, given: ParameterValues, report: Report): ParameterValues {
  const declared = file.parameters ?? {};
  for (const name of Object.keys(given))
    if (!(name in declared)) report('parameters', `the map has no parameter "${name}"`);
  return Object.fromEntries(
    Object.entries(declared).flatMap(([name, { type }]) => {
      const value = given[name];
      if (value === undefined || value === '') {
        report(`parameters.${name}`, `needs a value: --param ${name}=… or "parameters" in lethe.json`);
        return [];
      }
      if (type === 'int' && !/^-?\d{1,18}$/.test(String(value)))
        report(`parameters.${name}`, 'must be a whole number');
      return [[name, type === 'int' ? Number(value) : String(value)]];
    }),
  );
}

function pieceCompiler(file: DataMapFile, values: ParameterValues, report: Report): Compilation['piece'] {
  return (path, text, form) => {
    const problem = problemOfPiece(text, form);
    if (problem) report(path, problem);
    for (const name of parametersOf(text))
      if (!(name in (file.parameters ?? {})))
        report(path, `uses :${name}, which "parameters" does not declare`);
    return bindParameters(text, values);
  };
}

function compileTables(compilation: Compilation): ReadonlyMap<string, MapTable> {
  const entries = Object.entries(compilation.file.tables);
  return new Map(entries.map(([id, entry]) => [id, compileTable(compilation, id, entry)]));
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
  };
}

function splitName(name: string, schema: string): [string, string] {
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

function recordsOf(tables: ReadonlyMap<string, MapTable>, report: Report): ReadonlyMap<string, MapTable> {
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

function compileDerived(
  { file, report, piece }: Compilation,
  tables: ReadonlyMap<string, MapTable>,
): readonly DerivedData[] {
  return (file.derived ?? []).flatMap((entry, index) => {
    const path = `derived[${index}]`;
    const when = tables.get(entry.when);
    if (!when) report(`${path}.when`, `no table "${entry.when}"`);
    else if (when.key.length === 0) report(`${path}.when`, `table "${entry.when}" needs a key`);
    const collect = piece(`${path}.collect`, entry.collect, 'select');
    const run = piece(`${path}.run`, entry.run, 'write');
    return when ? [{ when, collect, run }] : [];
  });
}

const compileChecks = ({ file, piece }: Compilation): readonly ParameterCheck[] =>
  Object.entries(file.parameters ?? {}).flatMap(([parameter, { check }]) =>
    check === undefined ? [] : [{ parameter, sql: piece(`parameters.${parameter}.check`, check, 'select') }],
  );

/** A second run over objects that the first one annotated went wrong once; frozen, it cannot. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  if (value instanceof Map) for (const entry of value.values()) deepFreeze(entry);
  else for (const entry of Object.values(value)) deepFreeze(entry);
  return value;
}
