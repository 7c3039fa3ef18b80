import { strong, type Block, type Fact, type Text } from './document.js';
import type { Element, PdfCanvas } from './pdf-canvas.js';
import type { PdfPages } from './pdf-pages.js';
import { keepTogether, lineHeight, writeRow, type Cell } from './pdf-rows.js';
import { BODY_WIDTH, STYLE } from './pdf-style.js';
import { writeTable } from './pdf-table.js';

const { colour, page } = STYLE;

/** Writes one block where the last one ended. */
export async function writeBlock(canvas: PdfCanvas, pages: PdfPages, block: Block): Promise<void> {
  switch (block.kind) {
    case 'heading':
      writeHeading(canvas, pages, block.text, block.level);
      return;
    case 'paragraph':
      writeParagraph(canvas, pages, block.text);
      return;
    case 'facts':
      writeFacts(canvas, pages, block.facts);
      return;
    case 'list':
      writeList(canvas, pages, block.items, block.ordered);
      return;
    case 'note':
      writeNote(canvas, pages, block.text);
      return;
    case 'table':
      return writeTable(canvas, pages, block.table);
  }
}

/** A heading stays with at least three lines of what it is over. */
export function writeHeading(canvas: PdfCanvas, pages: PdfPages, text: Text, level: 1 | 2 | 3): void {
  const style = [STYLE.title, STYLE.heading2, STYLE.heading3][level - 1] ?? STYLE.title;
  const lines = canvas.typesetter.set(strong(text), BODY_WIDTH, style.size);
  const own = lines.lines.length * lineHeight(style.size) + style.before + style.after;
  keepTogether(pages, own + 3 * lineHeight(STYLE.body.size));
  if (pages.y > page.top) pages.y += style.before;
  const type = `H${level}`;
  const element = canvas.element(type, undefined, actualOf(lines));
  const cell = { ...whole(lines), colour: level === 3 ? colour.text : colour.accent, element, type };
  writeRow(canvas, pages, { cells: [cell], padding: 0, isSplit: false });
  element.end();
  pages.y += style.after;
}

function writeParagraph(canvas: PdfCanvas, pages: PdfPages, text: Text): void {
  const lines = canvas.typesetter.set(text, BODY_WIDTH, STYLE.body.size);
  const element = canvas.element('P', undefined, actualOf(lines));
  writeRow(canvas, pages, { cells: [{ ...whole(lines), element, type: 'P' }], padding: 0, isSplit: true });
  element.end();
  pages.y += STYLE.body.after;
}

/** A screen reader gets a text that runs from right to left as it was written, not as it is drawn. */
const actualOf = ({ isRtl, text }: Cell['lines']): object => (isRtl ? { actual: text } : {});

const whole = (lines: Cell['lines']): Omit<Cell, 'element' | 'type'> => ({
  lines,
  x: page.left,
  width: BODY_WIDTH,
  align: 'start',
  colour: colour.text,
});

/** The width of the labels: one for the whole document, so that what they label stands in one line. */
export function labelWidthOf({ typesetter }: PdfCanvas, blocks: readonly Block[]): number {
  const { size, widestLabel } = STYLE.facts;
  const labels = blocks.flatMap((block) => (block.kind === 'facts' ? block.facts : []));
  const widest = Math.max(0, ...labels.map(({ label }) => typesetter.widths(label, size).line));
  return Math.min(widest + 1, BODY_WIDTH * widestLabel);
}

/** A list to readers: what it is called, and what it is. */
function writeFacts(canvas: PdfCanvas, pages: PdfPages, facts: readonly Fact[]): void {
  const { size, padding, gap } = STYLE.facts;
  const { labelWidth } = pages;
  const x = page.left + labelWidth + gap;
  const list = canvas.element('L');
  for (const { label, value } of facts) {
    const item = canvas.element('LI', list);
    const labelled = canvas.typesetter.set(label, labelWidth, size);
    const said = canvas.typesetter.set(value, BODY_WIDTH - labelWidth - gap, size);
    writeRow(canvas, pages, {
      cells: [
        { ...whole(labelled), width: labelWidth, colour: colour.quiet, ...tag(canvas, item, 'Lbl') },
        { ...whole(said), x, width: BODY_WIDTH - labelWidth - gap, ...tag(canvas, item, 'LBody') },
      ],
      padding,
      isSplit: false,
    });
    item.end();
  }
  list.end();
  pages.y += STYLE.body.after;
}

const tag = (canvas: PdfCanvas, parent: Element, type: string): Pick<Cell, 'element' | 'type'> => ({
  element: canvas.element(type, parent),
  type,
});

function writeList(canvas: PdfCanvas, pages: PdfPages, items: readonly Text[], ordered: boolean): void {
  const { size, indent, padding } = STYLE.list;
  const list = canvas.element('L');
  items.forEach((text, i) => {
    const item = canvas.element('LI', list);
    const mark = canvas.typesetter.set(ordered ? `${i + 1}.` : '•', indent, size);
    const lines = canvas.typesetter.set(text, BODY_WIDTH - indent, size);
    writeRow(canvas, pages, {
      cells: [
        { ...whole(mark), width: indent, colour: colour.quiet, ...tag(canvas, item, 'Lbl') },
        { ...whole(lines), x: page.left + indent, width: BODY_WIDTH - indent, ...tag(canvas, item, 'LBody') },
      ],
      padding,
      isSplit: true,
    });
    item.end();
  });
  list.end();
  pages.y += STYLE.body.after;
}

function writeNote(canvas: PdfCanvas, pages: PdfPages, text: Text): void {
  const { size, indent, padding } = STYLE.note;
  const lines = canvas.typesetter.set(text, BODY_WIDTH - 2 * indent, size);
  const element = canvas.element('P', undefined, actualOf(lines));
  const cell = { ...whole(lines), x: page.left + indent, width: BODY_WIDTH - 2 * indent };
  writeRow(canvas, pages, {
    cells: [{ ...cell, element, type: 'P' }],
    padding,
    isSplit: false,
    behind: (y, height) => {
      canvas.ground(page.left, y, BODY_WIDTH, height, colour.ground);
      canvas.ground(page.left, y, 2.5, height, colour.accent);
    },
  });
  element.end();
  pages.y += STYLE.body.after;
}
