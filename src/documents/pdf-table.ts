import { peekRows, strong, type Row, type Table } from './document.js';
import type { Element, PdfCanvas } from './pdf-canvas.js';
import { placesOf, type Place } from './pdf-columns.js';
import type { PdfPages } from './pdf-pages.js';
import { keepTogether, lineHeight, writeRow, type Cell } from './pdf-rows.js';
import { BODY_WIDTH, STYLE } from './pdf-style.js';

const { table: style, colour, page } = STYLE;

/** So many rows decide how wide the columns are. */
const SAMPLE = 60;

/** Writes a table row by row; its header stands again at the top of every page. */
export async function writeTable(canvas: PdfCanvas, pages: PdfPages, table: Table): Promise<void> {
  const { first, all } = await peekRows(table, SAMPLE);
  const places = placesOf(canvas, table, first);
  const element = canvas.element('Table');
  keepTogether(pages, 4 * (lineHeight(style.size) + 2 * style.padding));
  header(canvas, pages, { table, places, element });
  const again = (): void => {
    header(canvas, pages, { table, places, element: null });
  };
  let isEmpty = true;
  let page = pages.count;
  for await (const row of all) {
    isEmpty = false;
    writeTableRow(canvas, pages, { table, places, element, row, again });
    if (pages.count === page) continue;
    page = pages.count;
    await pages.drain();
  }
  if (isEmpty) whenEmpty(canvas, pages, table, element);
  element.end();
  pages.y += STYLE.body.after;
}

interface Header {
  readonly table: Table;
  readonly places: readonly Place[];
  /** Null where the header is repeated: readers have heard it. */
  readonly element: Element | null;
}

function header(canvas: PdfCanvas, pages: PdfPages, { table, places, element }: Header): void {
  const row = element && canvas.element('TR', element);
  const cells = table.columns.map(({ title, align }, i): Cell => {
    const { x, width } = places[i] ?? { x: 0, width: 0 };
    const cell = row && canvas.element('TH', row, { scope: 'Column' });
    const lines = canvas.typesetter.set(strong(title), width, style.size);
    return { lines, x, width, align, colour: colour.text, element: cell, type: 'TH' };
  });
  writeRow(canvas, pages, {
    cells,
    padding: style.padding,
    isSplit: false,
    behind: (y, height) => {
      canvas.ground(page.left, y, BODY_WIDTH, height, colour.ground);
    },
  });
  row?.end();
}

interface BodyRow extends Header {
  readonly element: Element;
  readonly row: Row;
  readonly again: () => void;
}

function writeTableRow(
  canvas: PdfCanvas,
  pages: PdfPages,
  { table, places, element, row, again }: BodyRow,
): void {
  const parent = canvas.element('TR', element);
  const cells = table.columns.map(({ align }, i): Cell => {
    const { x, width } = places[i] ?? { x: 0, width: 0 };
    const lines = canvas.typesetter.set(row[i] ?? '', width, style.size);
    return { lines, x, width, align, colour: colour.text, element: canvas.element('TD', parent), type: 'TD' };
  });
  writeRow(canvas, pages, {
    cells,
    padding: style.padding,
    isSplit: false,
    onPage: again,
    behind: (y, height) => {
      canvas.rule(page.left, y + height, BODY_WIDTH);
    },
  });
  parent.end();
}

function whenEmpty(canvas: PdfCanvas, pages: PdfPages, table: Table, element: Element): void {
  const parent = canvas.element('TR', element);
  const lines = canvas.typesetter.set(table.whenEmpty, BODY_WIDTH - 2 * style.gap, style.size);
  const cell = canvas.element('TD', parent);
  writeRow(canvas, pages, {
    cells: [
      {
        lines,
        x: page.left + style.gap,
        width: BODY_WIDTH - 2 * style.gap,
        align: 'start',
        colour: colour.quiet,
        element: cell,
        type: 'TD',
      },
    ],
    padding: style.padding,
    isSplit: false,
  });
  parent.end();
}
