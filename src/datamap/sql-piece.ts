import { literal } from '../db/sql.js';
import { scan, tokensOf, type PlacedToken, type Token } from '../db/statement-scanner.js';

/** Map parameters with the values of this installation. */
export type ParameterValues = Readonly<Record<string, string | number>>;

export type PieceForm = 'expression' | 'select' | 'write';

/** Why a piece cannot stand in a map: it must be one expression or one SELECT and nothing that ends or hides a statement. */
export function problemOfPiece(piece: string, form: PieceForm): string | null {
  const { tokens, closed } = scan(piece);
  const first = tokens.find(({ kind }) => kind === 'word')?.value ?? '';
  if (tokens.length === 0) return 'is empty';
  if (!closed) return 'has an unterminated string, name or comment';
  if (tokens.some((token) => isMark(token, ';'))) return 'must be a single piece of SQL, without ";"';
  if (!balanced(tokens)) return 'has unbalanced parentheses';
  if (tokens.some(({ kind }) => kind === 'coded'))
    return 'has a name in code points (U&"…"); write the name itself';
  if (tokens.some(({ start }) => piece[start] === '$' && /^\$\d/.test(piece.slice(start))))
    return 'has a placeholder like $1; map parameters are written :name';
  if (form === 'select' && first !== 'select') return 'must be one SELECT';
  if (form === 'write' && !['update', 'insert', 'delete'].includes(first))
    return 'must be one UPDATE, INSERT or DELETE (it may not begin with WITH)';
  return null;
}

function balanced(tokens: readonly Token[]): boolean {
  let depth = 0;
  for (const token of tokens) {
    if (isMark(token, '(')) depth += 1;
    if (isMark(token, ')')) depth -= 1;
    if (depth < 0) return false;
  }
  return depth === 0;
}

interface ParameterUse {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** Every `:name` of a piece; `::casts` are none. */
function parameterUses(piece: string): readonly ParameterUse[] {
  const tokens = tokensOf(piece);
  return tokens.flatMap((token, index) => {
    const [before, next] = [tokens[index - 1], tokens[index + 1]];
    if (!isMark(token, ':') || next?.kind !== 'word' || next.start !== token.end) return [];
    if (before && isMark(before, ':') && before.end === token.start) return [];
    return { name: piece.slice(next.start, next.end), start: token.start, end: next.end };
  });
}

/** Names of the `:parameters` a piece uses. */
export const parametersOf = (piece: string): readonly string[] =>
  parameterUses(piece).map(({ name }) => name);

/** Replaces `:parameter` by its quoted value; strings, names and `::casts` are left alone. */
export function bindParameters(piece: string, values: ParameterValues): string {
  let bound = '';
  let end = 0;
  for (const use of parameterUses(piece)) {
    const value = values[use.name];
    if (value === undefined) continue;
    bound += piece.slice(end, use.start) + (typeof value === 'number' ? number(value) : literal(value));
    end = use.end;
  }
  return bound + piece.slice(end);
}

/** `5 - :n` must not become the comment `5 --1`. */
const number = (value: number): string => (value < 0 ? `(${value})` : String(value));

/** The piece without what follows its last token: a comment at the end would swallow the parenthesis we close. */
export function trimPiece(piece: string): string {
  const tokens = tokensOf(piece);
  return piece.slice(tokens[0]?.start ?? 0, tokens.at(-1)?.end ?? 0);
}

/** SQL names of the columns a piece reads from `alias`, as the server would fold them. */
export function columnsRead(piece: string, alias: string): readonly string[] {
  const tokens = tokensOf(piece);
  return tokens.flatMap((token, index) => {
    const [before, dot, name] = [tokens[index - 1], tokens[index + 1], tokens[index + 2]];
    if (token.kind !== 'word' || token.value !== alias || (before && isMark(before, '.'))) return [];
    if (!dot || !isMark(dot, '.') || !name) return [];
    return columnNameAt(piece, name);
  });
}

function columnNameAt(piece: string, name: PlacedToken): readonly string[] {
  // the scanner folds quoted names, the server does not
  if (name.kind === 'name') return [piece.slice(name.start + 1, name.end - 1).replaceAll('""', '"')];
  return name.kind === 'word' ? [name.value] : [];
}

const isMark = (token: Token, value: string): boolean => token.kind === 'mark' && token.value === value;
