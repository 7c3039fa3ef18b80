export interface SqlToken {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'parameter' | 'symbol' | 'unterminated';
  readonly text: string;
  readonly start: number;
}

/**
 * One alternative per lexical form of PostgreSQL (manual, chapter 4.1). Order matters: strings before words (E'' and
 * U&''), casts before parameters. What opens and never closes is "unterminated", so that nobody reads past it.
 */
const LEXEMES = [
  ['skip', String.raw`\s+`],
  ['comment', String.raw`--[^\n]*`],
  ['comment', String.raw`/\*`],
  ['string', String.raw`[eE]'(?:[^'\\]|\\[^]|'')*'`],
  ['string', String.raw`(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*'`],
  ['quoted', String.raw`(?:[uU]&)?"(?:[^"]|"")*"`],
  ['dollar', String.raw`\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$`],
  ['parameter', String.raw`\$\d+`],
  ['symbol', '::'],
  ['parameter', String.raw`:[A-Za-z_]\w*`],
  ['word', String.raw`[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*`],
  ['number', String.raw`\d[\d.]*(?:[eE][+-]?\d+)?`],
  ['unterminated', String.raw`['"]`],
  ['symbol', '[^]'],
] as const;
const LEXER = new RegExp(LEXEMES.map(([, pattern]) => `(${pattern})`).join('|'), 'y');

/** Splits SQL into tokens; white space and comments are left out. */
export function sqlTokens(text: string): readonly SqlToken[] {
  const tokens: SqlToken[] = [];
  let position = 0;
  while (position < text.length) {
    LEXER.lastIndex = position;
    const match = LEXER.exec(text);
    if (!match) break;
    const kind = LEXEMES[match.slice(1).findIndex((group) => group !== undefined)]?.[0] ?? 'symbol';
    const start = position;
    position = endOf(kind, match[0], text, start);
    if (kind === 'skip' || (kind === 'comment' && position <= text.length)) continue;
    const ended = position <= text.length;
    position = Math.min(position, text.length);
    tokens.push({
      kind: !ended || kind === 'comment' ? 'unterminated' : kind === 'dollar' ? 'string' : kind,
      text: text.slice(start, position),
      start,
    });
  }
  return tokens;
}

/** Where the lexeme that opens at `start` ends; past the end of the text when it never closes. */
function endOf(kind: (typeof LEXEMES)[number][0], opening: string, text: string, start: number): number {
  if (kind === 'dollar') {
    const close = text.indexOf(opening, start + opening.length);
    return close < 0 ? text.length + 1 : close + opening.length;
  }
  if (opening === '/*') return endOfBlockComment(text, start);
  return start + opening.length;
}

/** Block comments nest in PostgreSQL. */
function endOfBlockComment(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const pair = text.slice(at, at + 2);
    if (pair === '/*') depth += 1;
    else if (pair === '*/') depth -= 1;
    else continue;
    at += 1;
    if (depth === 0) return at + 1;
  }
  return text.length + 1;
}
