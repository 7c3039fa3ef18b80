import {
  peekRows,
  plainText,
  spansOf,
  type Block,
  type Document,
  type Fact,
  type Table,
  type Text,
} from './document.js';

/** Columns of a terminal. */
const WIDTH = 100;
/** So many rows decide how wide the columns of a table are. */
const SAMPLE = 60;

/** A document as lines of text for a terminal or an e-mail, without the line feeds. */
export async function* textLines({ title, id, blocks }: Document, width = WIDTH): AsyncGenerator<string> {
  yield* underlined(title, '=');
  for (const block of blocks) {
    yield '';
    yield* blockLines(block, width);
  }
  yield* ['', `-- ${id}`];
}

async function* blockLines(block: Block, width: number): AsyncGenerator<string> {
  switch (block.kind) {
    case 'heading':
      yield* underlined(plainText(block.text), block.level === 2 ? '-' : '.');
      return;
    case 'paragraph':
      yield* wrapped(quoted(block.text), width);
      return;
    case 'facts':
      yield* block.facts.flatMap((fact) => factLines(block.facts, fact, width));
      return;
    case 'list':
      yield* block.items.flatMap((item, i) =>
        hanging(block.ordered ? `${i + 1}. `.padEnd(4) : '- ', wrapped(quoted(item), width - 4)),
      );
      return;
    case 'note':
      yield* wrapped(quoted(block.text), width - 2).map((line) => `| ${line}`);
      return;
    case 'table':
      yield* tableLines(block.table, width);
      return;
  }
}

/** In a sentence the letters alone do not show where a command begins and ends. */
const quoted = (text: Text): Text =>
  spansOf(text).map((span) => (span.style === 'code' ? { ...span, text: `\`${span.text}\`` } : span));

const underlined = (text: string, line: string): readonly string[] => [text, line.repeat(lengthOf(text))];

function factLines(facts: readonly Fact[], { label, value }: Fact, width: number): readonly string[] {
  const widest = Math.max(...facts.map((fact) => lengthOf(plainText(fact.label))));
  const indent = Math.min(widest, Math.floor(width / 3)) + 2;
  const labels = wrapped(label, indent - 2);
  const values = wrapped(value, width - indent);
  return Array.from({ length: Math.max(labels.length, values.length) }, (_line, at) =>
    `${padded(labels[at] ?? '', indent, 'start')}${values[at] ?? ''}`.trimEnd(),
  );
}

const hanging = (mark: string, lines: readonly string[]): readonly string[] =>
  lines.map((line, i) => (i === 0 ? mark : ' '.repeat(lengthOf(mark))) + line);

async function* tableLines(table: Table, width: number): AsyncGenerator<string> {
  const { columns, whenEmpty } = table;
  const { first, all } = await peekRows(table, SAMPLE);
  const needed = columns.map(({ title }, i) =>
    Math.max(...[title, ...first.map((row) => row[i] ?? '')].map((text) => lengthOf(plainText(text)))),
  );
  const widths = fitted(needed, width - 2 * (columns.length - 1));
  const lines = (row: readonly Text[]): readonly string[] => {
    const cells = columns.map((_column, i) => wrapped(row[i] ?? '', widths[i] ?? 1));
    const height = Math.max(...cells.map((cell) => cell.length));
    return Array.from({ length: height }, (_line, at) =>
      columns
        .map(({ align }, i) => padded(cells[i]?.[at] ?? '', widths[i] ?? 1, align))
        .join('  ')
        .trimEnd(),
    );
  };
  yield* lines(columns.map(({ title }) => title));
  yield widths.map((one) => '-'.repeat(one)).join('  ');
  if (first.length === 0) yield plainText(whenEmpty);
  for await (const row of all) yield* lines(row);
}

/** The widest give way first. */
function fitted(needed: readonly number[], room: number): readonly number[] {
  let limit = Math.max(...needed);
  while (limit > 8 && needed.reduce((sum, one) => sum + Math.min(one, limit), 0) > room) limit -= 1;
  return needed.map((one) => Math.max(1, Math.min(one, limit)));
}

function padded(text: string, width: number, align: 'start' | 'end'): string {
  const space = ' '.repeat(Math.max(0, width - lengthOf(text)));
  return align === 'end' ? space + text : text + space;
}

/** Breaks at spaces, and in a word that is longer than a line. */
function wrapped(text: Text, width: number): readonly string[] {
  return plainText(text)
    .split('\n')
    .flatMap((line) =>
      wrapLine(
        line.split(' ').flatMap((word) => cut(word, width)),
        width,
      ),
    );
}

function wrapLine(words: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && lengthOf(last) + 1 + lengthOf(word) <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function cut(word: string, width: number): readonly string[] {
  const characters = lettersOf(word);
  if (characters.length <= width) return [word];
  const parts: string[] = [];
  for (let at = 0; at < characters.length; at += width) parts.push(characters.slice(at, at + width).join(''));
  return parts;
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const lettersOf = (text: string): readonly string[] =>
  Array.from(graphemes.segment(text), ({ segment }) => segment);
const lengthOf = (text: string): number => (/^[ -~]*$/.test(text) ? text.length : lettersOf(text).length);
