import type { Instant } from '../core/instant.js';

/** Characters in one style. */
export interface Span {
  readonly text: string;
  readonly style: 'plain' | 'strong' | 'code';
}

/** Text as people read it; a string is plain. A line feed starts a new line. */
export type Text = string | readonly Span[];

export interface Fact {
  readonly label: Text;
  readonly value: Text;
}

export interface Column {
  readonly title: Text;
  /** `end` for numbers. */
  readonly align: 'start' | 'end';
}

export type Row = readonly Text[];

/** A table with a header row. Rows may be made while they are written, so that a table can be longer than memory. */
export interface Table {
  readonly columns: readonly Column[];
  readonly rows: Iterable<Row> | AsyncIterable<Row>;
  /** Said in place of a table without rows. */
  readonly whenEmpty: Text;
}

export type Block =
  | { readonly kind: 'heading'; readonly level: 2 | 3; readonly text: Text }
  | { readonly kind: 'paragraph'; readonly text: Text }
  | { readonly kind: 'facts'; readonly facts: readonly Fact[] }
  | { readonly kind: 'list'; readonly ordered: boolean; readonly items: readonly Text[] }
  | { readonly kind: 'note'; readonly text: Text }
  | { readonly kind: 'table'; readonly table: Table };

/** A document before it has a form: PDF, JSON and plain text are written from the same one. */
export interface Document {
  /** Stands at the foot of every page. */
  readonly id: string;
  readonly title: string;
  /** BCP 47, such as `en` or `de-AT`. */
  readonly language: string;
  readonly author: string;
  /** The date the document bears, and the only one in it: equal input gives equal bytes. */
  readonly created: Instant;
  readonly blocks: readonly Block[];
}

/** The spans of a text that are not empty. */
export const spansOf = (text: Text): readonly Span[] =>
  (typeof text === 'string' ? [{ text, style: 'plain' } as const] : text).filter((span) => span.text !== '');

/** The same text in bold. */
export const strong = (text: Text): Text => spansOf(text).map((span) => ({ ...span, style: 'strong' }));

/** The characters alone. */
export const plainText = (text: Text): string =>
  typeof text === 'string' ? text : text.map((span) => span.text).join('');

/** The first rows of a table in memory, and all of them to go through once. */
export async function peekRows(
  { rows }: Table,
  count: number,
): Promise<{ readonly first: readonly Row[]; readonly all: AsyncGenerator<Row> }> {
  const source = Symbol.asyncIterator in rows ? rows[Symbol.asyncIterator]() : rows[Symbol.iterator]();
  const first: Row[] = [];
  while (first.length < count) {
    const next = await source.next();
    if (next.done === true) break;
    first.push(next.value);
  }
  return { first, all: goOn(first, source) };
}

async function* goOn(first: readonly Row[], source: Iterator<Row> | AsyncIterator<Row>): AsyncGenerator<Row> {
  yield* first;
  for (let next = await source.next(); next.done !== true; next = await source.next()) yield next.value;
}
