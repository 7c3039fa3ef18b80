/**
 * `word`: keyword or unquoted name, in lower case. `name`: quoted name, in lower case too, because the door would rather refuse
 * too much. `text`: a literal. `escapes`: a literal with backslash escapes (E''). `coded`: a name written in code points (U&"").
 * `mark`: one other character.
 */
export interface Token {
  readonly kind: 'word' | 'name' | 'text' | 'escapes' | 'coded' | 'mark';
  readonly value: string;
}

/** A token and where it stands: `text.slice(start, end)` is what was written. */
export interface PlacedToken extends Token {
  readonly start: number;
  readonly end: number;
}

const BLANK = /[ \t\n\r\f\v]+/y;
const LINE_COMMENT = /--[^\n\r]*/y;
const COMMENT_EDGE = /\/\*|\*\//g;
const WORD = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y;
const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;
const PARAMETER_OR_NUMBER = /\$?\d+/y;

/** Splits SQL as PostgreSQL's own scanner does with standard_conforming_strings on; blanks and comments are left out. */
export const tokensOf = (text: string): PlacedToken[] => scan(text).tokens;

/** The tokens, and whether everything that opens (a literal, a quoted name, a comment) also closes. */
export function scan(text: string): { readonly tokens: PlacedToken[]; readonly closed: boolean } {
  const scanner = new Scanner(text);
  const tokens: PlacedToken[] = [];
  for (let token = scanner.next(); token !== undefined; token = scanner.next()) tokens.push(token);
  return { tokens, closed: scanner.closed };
}

class Scanner {
  closed = true;
  private at = 0;

  constructor(private readonly text: string) {}

  next(): PlacedToken | undefined {
    this.skipBlanks();
    const start = this.at;
    const char = this.text[start];
    if (char === undefined) return undefined;
    // written out, because spreading is six times slower, and texts can hold 100,000 rows
    const { kind, value } = this.token(char);
    return { kind, value, start, end: this.at };
  }

  private token(char: string): Token {
    if (char === "'") return { kind: 'text', value: this.quoted("'") };
    if (char === '"') return { kind: 'name', value: this.quoted('"').toLowerCase() };
    const tag = this.take(DOLLAR_TAG);
    if (tag !== undefined) return { kind: 'text', value: this.dollarQuoted(tag) };
    const word = this.take(WORD);
    if (word !== undefined) return this.afterWord(word.toLowerCase());
    if (this.take(PARAMETER_OR_NUMBER) !== undefined) return { kind: 'mark', value: '0' };
    this.at++;
    return { kind: 'mark', value: char };
  }

  /** A word that stands right before a quote can change how the quote is read. */
  private afterWord(word: string): Token {
    if (word === 'e' && this.text[this.at] === "'") return { kind: 'escapes', value: this.escaped() };
    if (word === 'u' && this.text.startsWith('&"', this.at)) {
      this.at++;
      return { kind: 'coded', value: this.quoted('"') };
    }
    return { kind: 'word', value: word };
  }

  private skipBlanks(): void {
    for (;;) {
      if (this.take(BLANK) !== undefined || this.take(LINE_COMMENT) !== undefined) continue;
      if (!this.text.startsWith('/*', this.at)) return;
      this.skipComment();
    }
  }

  /** Comments nest. */
  private skipComment(): void {
    let depth = 0;
    COMMENT_EDGE.lastIndex = this.at;
    do {
      const edge = COMMENT_EDGE.exec(this.text);
      if (edge === null) {
        this.rest(this.at);
        return;
      }
      depth += edge[0] === '/*' ? 1 : -1;
    } while (depth > 0);
    this.at = COMMENT_EDGE.lastIndex;
  }

  private quoted(quote: string): string {
    const from = ++this.at;
    for (;;) {
      const end = this.text.indexOf(quote, this.at);
      if (end < 0) return this.rest(from);
      this.at = end + 1;
      if (this.text[this.at] !== quote) return this.text.slice(from, end).replaceAll(quote + quote, quote);
      this.at++;
    }
  }

  private escaped(): string {
    const from = ++this.at;
    while (this.at < this.text.length) {
      const char = this.text[this.at++];
      if (char === '\\') this.at++;
      else if (char === "'" && this.text[this.at] === "'") this.at++;
      else if (char === "'") return this.text.slice(from, this.at - 1);
    }
    return this.rest(from);
  }

  private dollarQuoted(tag: string): string {
    const from = this.at;
    const end = this.text.indexOf(tag, from);
    if (end < 0) return this.rest(from);
    this.at = end + tag.length;
    return this.text.slice(from, end);
  }

  /** What opened before `from` never closes. */
  private rest(from: number): string {
    this.closed = false;
    this.at = this.text.length;
    return this.text.slice(from);
  }

  private take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }
}
