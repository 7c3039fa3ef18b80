import type { Block, Column, Fact, Span } from './document.js';

/** Prose as blocks; the title is the line that begins with `# `. */
export interface Prose {
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** Makes a value stand for itself in prose: whatever it holds, it opens no heading, list, table, code or line. */
export const escapeProse = (value: unknown): string =>
  String(value)
    .replace(/\s*[\n\r\u0085\u2028\u2029]+\s*/g, ' ')
    .replace(/[!-/:-@[-`{-~]/g, '\\$&');

interface Line {
  readonly kind: 'heading' | 'item' | 'number' | 'note' | 'row' | 'term' | 'value' | 'block' | 'text';
  readonly text: string;
  /** Of a heading. */
  readonly level: number;
  readonly afterBlank: boolean;
}

const FORMS: readonly (readonly [Line['kind'], RegExp])[] = [
  ['heading', /^#{1,3} +(?<text>.*)$/],
  ['item', /^- +(?<text>.*)$/],
  ['number', /^\d+\. +(?<text>.*)$/],
  ['note', /^> ?(?<text>.*)$/],
  ['row', /^(?<text>\|.*)\|$/],
  ['value', /^: *(?<text>.*)$/],
  ['block', /^\[\[(?<text>[\w-]+)\]\]$/],
];

/**
 * Reads the small markup of report templates: `#` to `###` headings, paragraphs, `- ` and `1. ` lists, `> ` notes,
 * `| tables |`, a term with `: value` in the line below, `**strong**`, `` `code` ``, and `[[name]]` for one of `inserts`.
 * Blank lines between the lines of one list, table or term do not end it: tags of the template leave them behind.
 * @throws Error that says what is wrong
 */
export function readProse(text: string, inserts: Readonly<Record<string, Block>> = {}): Prose {
  const lines = readLines(text);
  const [first] = lines;
  if (first?.kind !== 'heading' || first.level !== 1)
    throw new Error('the first line must be the title: "# …"');
  const blocks: Block[] = [];
  for (let at = 1; at < lines.length; ) {
    const group = groupAt(lines, at);
    blocks.push(blockOf(group, inserts));
    at += group.length;
  }
  return { title: first.text.replace(/\\(.)/g, '$1'), blocks };
}

function readLines(text: string): readonly Line[] {
  const lines: Line[] = [];
  let afterBlank = true;
  for (const raw of text.split('\n').map((line) => line.trim())) {
    if (raw !== '') lines.push({ ...readLine(raw), afterBlank });
    afterBlank = raw === '';
  }
  return lines.map((line, i) =>
    line.kind === 'text' && lines[i + 1]?.kind === 'value' ? { ...line, kind: 'term', afterBlank: true } : line,
  );
}

function readLine(raw: string): Omit<Line, 'afterBlank'> {
  for (const [kind, form] of FORMS) {
    const text = form.exec(raw)?.groups?.['text'];
    if (text !== undefined) return { kind, text, level: kind === 'heading' ? raw.indexOf(' ') : 0 };
  }
  return { kind: 'text', text: raw, level: 0 };
}

/** The lines of one block from `at` on. */
function groupAt(lines: readonly Line[], at: number): readonly Line[] {
  const [first, ...rest] = lines.slice(at);
  if (!first) return [];
  const end = rest.findIndex((line) => !belongs(first.kind, line));
  return [first, ...(end < 0 ? rest : rest.slice(0, end))];
}

function belongs(kind: Line['kind'], line: Line): boolean {
  if (kind === 'heading' || kind === 'block') return false;
  if (kind === 'term') return line.kind === 'term' || line.kind === 'value';
  if (line.kind === 'text') return !line.afterBlank && kind !== 'row'; // a line that goes on
  if (kind === 'text') return false;
  return line.kind === kind;
}

function blockOf(group: readonly Line[], inserts: Readonly<Record<string, Block>>): Block {
  const [first] = group as readonly [Line];
  const whole = group.map(({ text }) => text).join(' ');
  switch (first.kind) {
    case 'heading':
      if (first.level === 1) throw new Error('there are two titles ("# …"); sections begin with "## "');
      return { kind: 'heading', level: first.level === 2 ? 2 : 3, text: readSpans(whole) };
    case 'text':
      return { kind: 'paragraph', text: readSpans(whole) };
    case 'note':
      return { kind: 'note', text: readSpans(whole) };
    case 'item':
    case 'number':
      return { kind: 'list', ordered: first.kind === 'number', items: itemsOf(group).map(readSpans) };
    case 'term':
      return { kind: 'facts', facts: factsOf(group) };
    case 'row':
      return tableOf(group.map(({ text }) => text));
    case 'block':
      return insertOf(first.text, inserts);
    case 'value':
      throw new Error(`": ${first.text}" has no term in the line above`);
  }
}

function insertOf(name: string, inserts: Readonly<Record<string, Block>>): Block {
  const block = Object.hasOwn(inserts, name) ? inserts[name] : undefined;
  if (!block)
    throw new Error(`unknown block [[${name}]]; there are: ${Object.keys(inserts).join(', ') || 'none'}`);
  return block;
}

function itemsOf(group: readonly Line[]): readonly string[] {
  const items: string[] = [];
  for (const { kind, text } of group)
    if (kind === 'text') items.push(`${items.pop() ?? ''} ${text}`);
    else items.push(text);
  return items;
}

function factsOf(group: readonly Line[]): readonly Fact[] {
  const facts: { label: string; values: string[] }[] = [];
  for (const { kind, text } of group)
    if (kind === 'term') facts.push({ label: text, values: [] });
    else facts.at(-1)?.values.push(text);
  return facts.map(({ label, values }) => ({
    label: readSpans(label),
    value: values.flatMap((value, i) => [
      ...(i > 0 ? [{ text: '\n', style: 'plain' } as const] : []),
      ...readSpans(value),
    ]),
  }));
}

function tableOf(rows: readonly string[]): Block {
  const [titles = [], marks = [], ...cells] = rows.map(cellsOf);
  if (marks.length !== titles.length || !marks.every((mark) => /^:?-+:?$/.test(mark)))
    throw new Error('the second line of a table must be "|---|---:|", one part a column ("---:" for numbers)');
  const odd = cells.find((row) => row.length !== titles.length);
  if (odd)
    throw new Error(`a table of ${titles.length} columns has a row of ${odd.length}: ${odd.join(' | ')}`);
  const columns = titles.map(
    (title, i): Column => ({
      title: readSpans(title),
      align: (marks[i] ?? '').endsWith('-:') ? 'end' : 'start',
    }),
  );
  return {
    kind: 'table',
    table: { columns, rows: cells.map((row) => row.map((cell) => readSpans(cell))), whenEmpty: '–' },
  };
}

const cellsOf = (row: string): readonly string[] =>
  [...row.slice(1).matchAll(/((?:\\.|[^\\|])*)(?:\||$)/g)]
    .map(([, cell = '']) => cell.trim())
    .slice(0, -1);

/** `**strong**` and `` `code` ``; a backslash makes the next character stand for itself. */
export function readSpans(text: string): readonly Span[] {
  const spans: { text: string; style: Span['style'] }[] = [];
  let style: Span['style'] = 'plain';
  for (const [token] of text.matchAll(/\\.|\*\*|`|[^\\*`]+|[\\*]/gs)) {
    const wanted = token === '`' ? 'code' : token === '**' ? 'strong' : null;
    if (wanted && (style === 'plain' || style === wanted)) {
      style = style === wanted ? 'plain' : wanted;
      continue;
    }
    const shown = token.length === 2 && token.startsWith('\\') ? token.slice(1) : token;
    const last = spans.at(-1);
    if (last?.style === style) last.text += shown;
    else spans.push({ text: shown, style });
  }
  return spans;
}
