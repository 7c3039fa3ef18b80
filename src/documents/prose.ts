import type { Block, Column, Fact } from './document.js';
import { groupAt, readLines, type Line } from './prose-lines.js';
import { readSpans } from './spans.js';

/** Prose as blocks; the title is the line that begins with `# `. */
export interface Prose {
  readonly title: string;
  readonly blocks: readonly Block[];
}

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
  for (let at = 1; at < lines.length;) {
    const group = groupAt(lines, at);
    blocks.push(blockOf(group, inserts));
    at += group.length;
  }
  return { title: first.text.replace(/\\(.)/g, '$1'), blocks };
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
    throw new Error(
      'the second line of a table must be "|---|---:|", one part a column ("---:" for numbers)',
    );
  const odd = cells.find((row) => row.length !== titles.length);
  if (odd)
    throw new Error(`a table of ${titles.length} columns has a row of ${odd.length}: ${odd.join(' | ')}`);
  const columns = titles.map((title, i): Column => ({
    title: readSpans(title),
    align: (marks[i] ?? '').endsWith('-:') ? 'end' : 'start',
  }));
  return {
    kind: 'table',
    table: { columns, rows: cells.map((row) => row.map((cell) => readSpans(cell))), whenEmpty: '–' },
  };
}

const cellsOf = (row: string): readonly string[] =>
  [...row.slice(1).matchAll(/((?:\\.|[^\\|])*)(?:\||$)/g)].map(([, cell = '']) => cell.trim()).slice(0, -1);
