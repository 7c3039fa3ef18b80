/** A line of prose. */
export interface Line {
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

/** The lines that are not blank, each by its form. */
export function readLines(text: string): readonly Line[] {
  const lines: Line[] = [];
  let afterBlank = true;
  for (const raw of text.split('\n').map((line) => line.trim())) {
    if (raw !== '') lines.push({ ...readLine(raw), afterBlank });
    afterBlank = raw === '';
  }
  return lines.map((line, i) =>
    line.kind === 'text' && lines[i + 1]?.kind === 'value'
      ? { ...line, kind: 'term', afterBlank: true }
      : line,
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
export function groupAt(lines: readonly Line[], at: number): readonly Line[] {
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
