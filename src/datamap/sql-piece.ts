import { literal } from '../db/sql.js';
import { sqlTokens, type SqlToken } from '../db/sql-tokens.js';

/** Map parameters with the values of this installation. */
export type ParameterValues = Readonly<Record<string, string | number>>;

/** Why a piece cannot stand in a map: it must be one expression or one SELECT and nothing that ends or hides a statement. */
export function problemOfPiece(piece: string, form: 'expression' | 'select' | 'write'): string | null {
  const tokens = sqlTokens(piece);
  const first = tokens.find((token) => token.kind === 'word')?.text.toLowerCase();
  if (tokens.length === 0) return 'is empty';
  if (tokens.some((token) => token.kind === 'unterminated')) return 'has an unterminated string, name or comment';
  if (tokens.some((token) => token.text === ';')) return 'must be a single piece of SQL, without ";"';
  if (!balanced(tokens)) return 'has unbalanced parentheses';
  if (form === 'select' && first !== 'select') return 'must be one SELECT';
  if (form === 'write' && !['update', 'insert', 'delete'].includes(first ?? ''))
    return 'must be one UPDATE, INSERT or DELETE (it may not begin with WITH)';
  return null;
}

function balanced(tokens: readonly SqlToken[]): boolean {
  let depth = 0;
  for (const { text } of tokens) {
    if (text === '(') depth += 1;
    if (text === ')') depth -= 1;
    if (depth < 0) return false;
  }
  return depth === 0;
}

/** Names of the `:parameters` a piece uses. */
export const parametersOf = (piece: string): readonly string[] =>
  sqlTokens(piece).flatMap((token) => (token.kind === 'parameter' ? [token.text.slice(1)] : []));

/** Replaces `:parameter` by its quoted value; strings, names and `::casts` are left alone. */
export function bindParameters(piece: string, values: ParameterValues): string {
  let bound = '';
  let end = 0;
  for (const token of sqlTokens(piece)) {
    if (token.kind !== 'parameter') continue;
    const value = values[token.text.slice(1)];
    if (value === undefined) continue;
    bound += piece.slice(end, token.start) + (typeof value === 'number' ? String(value) : literal(value));
    end = token.start + token.text.length;
  }
  return bound + piece.slice(end);
}

/** SQL names of the columns a piece reads from `alias`, as the server would fold them. */
export function columnsRead(piece: string, alias: string): readonly string[] {
  const tokens = sqlTokens(piece);
  return tokens.flatMap((token, index) => {
    const [dot, name] = [tokens[index + 1], tokens[index + 2]];
    if (token.kind !== 'word' || token.text.toLowerCase() !== alias || dot?.text !== '.' || !name) return [];
    if (name.kind === 'quoted') return [name.text.slice(1, -1).replaceAll('""', '"')];
    return name.kind === 'word' ? [name.text.toLowerCase()] : [];
  });
}
