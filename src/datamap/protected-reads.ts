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
  // a table's name is its row's, also where it stands in a list that is not recognised as one of tables
  for (const { name } of mentioned) aliases.add(name);
  const isWhole = tokens.some(
    (token, at) =>
      isWord(token, 'natural', 'table') ||
      isEveryColumn(tokens, at) ||
      (isTable(tokens, at, mentioned) && isRenamed(tokens, at, aliases)),
  );
  if (!isWhole && !tokens.some((_, at) => isRow(tokens, at, aliases))) return null;
  const [{ id } = { id: '' }] = mentioned;
  return `takes a whole row, and columns of "${id}" are stored encrypted: name the columns that are meant`;
}

const isAmong = (tables: readonly ProtectedTable[], id: string): boolean =>
  tables.some((table) => table.id === id);

/** A protected table where tables are named, or the end of a parenthesis that stands there: a join, whose alias has all its columns. */
function isTable(tokens: readonly PlacedToken[], at: number, mentioned: readonly ProtectedTable[]): boolean {
  const token = tokens[at];
  if (isMark(token, ')')) return isDeclared(tokens, opening(tokens, at));
  return isDeclared(tokens, at) && mentioned.some(({ name }) => token && isNamed(token, name));
}

/** Adds the alias that follows to the others; true: its columns get other names, or those of the tables that inherit it come along. */
function isRenamed(tokens: readonly PlacedToken[], at: number, aliases: Set<string>): boolean {
  const place = isWord(tokens[at + 1], 'as') ? at + 2 : at + 1;
  const alias = tokens[place];
  if (!alias || !isName(alias) || isWord(alias, ...CLAUSES)) return isMark(alias, '*');
  aliases.add(alias.value);
  return isMark(tokens[place + 1], '(');
}

/** An alias that stands neither where tables are named, nor before a column's name. */
function isRow(tokens: readonly PlacedToken[], at: number, aliases: ReadonlySet<string>): boolean {
  const token = tokens[at];
  if (!token || !isName(token) || !aliases.has(token.value)) return false;
  if (isMark(tokens[at - 1], '.') || isMark(tokens[at + 1], '.')) return false;
  return !isDeclared(tokens, at) && !isAlias(tokens, isWord(tokens[at - 1], 'as') ? at - 2 : at - 1);
}

/** Whether a name after this one is an alias. */
function isAlias(tokens: readonly PlacedToken[], before: number): boolean {
  if (!isMark(tokens[before], ')')) return isDeclared(tokens, before);
  const open = opening(tokens, before);
  return !(isWord(tokens[open - 1], 'on') && isWord(tokens[open - 2], 'distinct'));
}

/** Words after a table's name that no alias is without quotes. The server takes `set`, `update` and `values` for one. */
const CLAUSES =
  `cross except fetch for from full group having inner intersect into join lateral left limit natural offset on only or order right
   returning select tablesample union using where window`.split(/\s+/);
const BEFORE_TABLES = ['into', 'join', 'only', 'update', 'using'];
/** Words that no name is without quotes, and between which a list is one of tables, or of something else. */
const BETWEEN_LISTS = new Set(
  'except fetch for group having intersect limit offset order returning select union where window'.split(' '),
);

/** Whether what stands here, a name or a parenthesis, stands where tables are named: after such a word, or in a list that one began. */
function isDeclared(tokens: readonly PlacedToken[], at: number): boolean {
  const what = tokens[at];
  if (!what || !(isName(what) || isMark(what, '('))) return false;
  let start = at;
  while (isMark(tokens[start - 1], '.')) start -= 2; // its schema
  const before = tokens[start - 1];
  if (isMark(before, '(')) return isDeclared(tokens, start - 1);
  if (isMark(before, ',')) return isListOfTables(tokens, start - 1);
  return isWord(before, ...BEFORE_TABLES) || beginsTables(tokens, start - 1);
}

function isListOfTables(tokens: readonly PlacedToken[], comma: number): boolean {
  const isEnd = (token: PlacedToken): boolean => token.kind === 'word' && BETWEEN_LISTS.has(token.value);
  const began = findBefore(tokens, comma, (token, at) => isEnd(token) || beginsTables(tokens, at));
  return beginsTables(tokens, began);
}

/** `from` of a statement: not of `trim(both from x)` and its like, nor of `is distinct from`. */
function beginsTables(tokens: readonly PlacedToken[], at: number): boolean {
  if (!isWord(tokens[at], 'from')) return false;
  if (isWord(tokens[at - 1], 'distinct') && isWord(tokens[at - 2], 'is', 'not')) return false;
  const isStatement = (token: PlacedToken, place: number): boolean =>
    isWord(token, 'select') || (place === 0 && isWord(token, 'delete', 'update'));
  return findBefore(tokens, at, isStatement) >= 0;
}

/** Place of the last token before this one that is in the same parenthesis and meets the test; -1: there is none. */
function findBefore(
  tokens: readonly PlacedToken[],
  at: number,
  test: (token: PlacedToken, at: number) => boolean,
): number {
  for (let place = at - 1; place >= 0; place -= 1) {
    const token = tokens[place];
    if (!token || isMark(token, '(')) return -1;
    if (isMark(token, ')')) place = opening(tokens, place);
    else if (test(token, place)) return place;
  }
  return -1;
}

/** Place of the parenthesis that this one closes. */
function opening(tokens: readonly PlacedToken[], closing: number): number {
  let depth = 0;
  for (let at = closing; at >= 0; at -= 1) {
    if (isMark(tokens[at], ')')) depth += 1;
    if (isMark(tokens[at], '(')) depth -= 1;
    if (depth === 0) return at;
  }
  return -1;
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
