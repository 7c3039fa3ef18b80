import { tokensOf, type PlacedToken } from '../db/statement-scanner.js';
import { columnName, splitName } from './compile-tables.js';
import type { DataMapFile, EdgeEntry, TableEntry } from './schema.js';

/** A table with protected columns, by names in lower case: the server folds what is not quoted. */
interface ProtectedTable {
  readonly id: string;
  readonly name: string;
  readonly columns: ReadonlySet<string>;
}

/**
 * Why a piece of SQL may not stand in a map that protects columns: it would compare, sort or hand on ciphertext. Words are looked at, not
 * what they mean: a word that is the name of a protected column of a table that the piece mentions, whoever's it is in truth;
 * and whatever stands for a whole row. It errs on the side of refusing. What a view, a function of the database, or a string that is run
 * as SQL reads is beyond it: a map is trusted like DDL.
 */
export function protectedReads(file: DataMapFile): (path: string, piece: string) => string | null {
  const tables = Object.entries(file.tables).flatMap(([id, entry]) => protectedTable(file, id, entry));
  if (tables.length === 0) return () => null;
  return (path, piece) => {
    const tokens = tokensOf(piece);
    const rows = rowAliases(file, path);
    const mentioned = tables.filter(
      ({ id, name }) => [...rows.values()].includes(id) || tokens.some((token) => isNamed(token, name)),
    );
    return mentioned.length === 0
      ? null
      : (columnRead(tokens, mentioned) ?? rowRead(tokens, mentioned, rows));
  };
}

function protectedTable(file: DataMapFile, id: string, entry: TableEntry): readonly ProtectedTable[] {
  if (!entry.protected) return [];
  const [, name] = splitName(entry.table ?? id, file.schema ?? 'public');
  const columns = entry.protected.columns.map((column) => columnName(entry, column).name.toLowerCase());
  return [{ id, name: name.toLowerCase(), columns: new Set(columns) }];
}

/** What stands for a row of which table in the piece at a path: `this`, or `child` and `parent` of an edge. */
function rowAliases(file: DataMapFile, path: string): ReadonlyMap<string, string> {
  const table = /^tables\.([^.]+)\./.exec(path)?.[1];
  if (table !== undefined) return new Map([['this', table]]);
  const [, list, place = ''] = /^(edges|subject\.edges)\[(\d+)\]/.exec(path) ?? [];
  if (list === undefined) return new Map();
  const edges: readonly Partial<Pick<EdgeEntry, 'child' | 'parent'>>[] =
    list === 'edges' ? file.edges : (file.subject?.edges ?? []);
  const { child = '', parent = file.subject?.record ?? '' } = edges[Number(place)] ?? {};
  return new Map([
    ['child', child],
    ['parent', parent],
  ]);
}

function columnRead(tokens: readonly PlacedToken[], mentioned: readonly ProtectedTable[]): string | null {
  for (const { id, columns } of mentioned) {
    const found = tokens.find((token) => isName(token) && columns.has(token.value));
    if (found) return `has the word "${found.value}": that column of "${id}" is stored encrypted`;
  }
  return null;
}

/** `*`, a row's alias on its own, columns under other names, or a join by whatever has the same name. */
function rowRead(
  tokens: readonly PlacedToken[],
  mentioned: readonly ProtectedTable[],
  rows: ReadonlyMap<string, string>,
): string | null {
  const aliases = new Set([...rows].flatMap(([alias, table]) => (isAmong(mentioned, table) ? alias : [])));
  const isWhole = tokens.some((token, at) => {
    if (mentioned.some(({ name }) => isNamed(token, name)) && isDeclared(tokens, at)) {
      aliases.add(token.value);
      const alias = aliasAfter(tokens, at);
      if (alias) aliases.add(alias.value);
      return alias !== undefined && isMark(tokens[tokens.indexOf(alias) + 1], '('); // columns under other names
    }
    return isWord(token, 'natural', 'table') || isEveryColumn(tokens, at);
  });
  if (!isWhole && !tokens.some((_, at) => isRow(tokens, at, aliases))) return null;
  const [{ id } = { id: '' }] = mentioned;
  return `takes a whole row, and columns of "${id}" are stored encrypted: name the columns that are meant`;
}

const isAmong = (tables: readonly ProtectedTable[], id: string): boolean =>
  tables.some((table) => table.id === id);

function aliasAfter(tokens: readonly PlacedToken[], at: number): PlacedToken | undefined {
  const alias = tokens[isWord(tokens[at + 1], 'as') ? at + 2 : at + 1];
  return alias && isName(alias) && !CLAUSES.has(alias.value) ? alias : undefined;
}

/** An alias that stands neither where tables are named, nor before a column's name. */
function isRow(tokens: readonly PlacedToken[], at: number, aliases: ReadonlySet<string>): boolean {
  const token = tokens[at];
  if (!token || !isName(token) || !aliases.has(token.value)) return false;
  if (isMark(tokens[at - 1], '.') || isMark(tokens[at + 1], '.')) return false;
  const before = isWord(tokens[at - 1], 'as') ? at - 2 : at - 1;
  const isAlias = isMark(tokens[before], ')') || isDeclared(tokens, before);
  return !isAlias && !isDeclared(tokens, at);
}

/** Words that no alias is, and that say what a list after them is made of. */
const CLAUSES = new Set(
  `cross except fetch for from full group having inner intersect into join lateral left limit natural offset on only or order right
   returning select set tablesample union update using values where window`.split(/\s+/),
);
const BEFORE_TABLES = new Set(['from', 'into', 'join', 'only', 'update', 'using']);

/** Whether a table's name stands where tables are named: after such a word, or in a list that one began. */
function isDeclared(tokens: readonly PlacedToken[], at: number): boolean {
  const name = tokens[at];
  if (!name || !isName(name)) return false;
  let start = at;
  while (isMark(tokens[start - 1], '.')) start -= 2; // its schema
  if (!isMark(tokens[start - 1], ',')) return BEFORE_TABLES.has(tokens[start - 1]?.value ?? '');
  let depth = 0;
  for (let before = start - 1; before >= 0; before -= 1) {
    const token = tokens[before];
    if (isMark(token, ')')) depth += 1;
    if (isMark(token, '(')) depth -= 1;
    if (depth < 0) return false;
    if (depth === 0 && token?.kind === 'word' && CLAUSES.has(token.value))
      return BEFORE_TABLES.has(token.value);
  }
  return false;
}

/** `select *`, `c.*`; not `count(*)`, not a product. */
const isEveryColumn = (tokens: readonly PlacedToken[], at: number): boolean =>
  isMark(tokens[at], '*') &&
  (isMark(tokens[at - 1], '.', ',') || isWord(tokens[at - 1], 'select', 'distinct', 'all', 'returning'));

const isName = ({ kind }: PlacedToken): boolean => kind === 'word' || kind === 'name';
const isNamed = (token: PlacedToken, name: string): boolean => isName(token) && token.value === name;
const isWord = (token: PlacedToken | undefined, ...words: readonly string[]): boolean =>
  token?.kind === 'word' && words.includes(token.value);
const isMark = (token: PlacedToken | undefined, ...marks: readonly string[]): boolean =>
  token?.kind === 'mark' && marks.includes(token.value);
