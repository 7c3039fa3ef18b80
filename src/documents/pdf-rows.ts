import type { Element, PdfCanvas } from './pdf-canvas.js';
import type { PdfPages } from './pdf-pages.js';
import { BODY_HEIGHT, STYLE } from './pdf-style.js';
import type { Lines } from './typesetter.js';

/** Text in a column of the page. */
export interface Cell {
  readonly lines: Lines;
  readonly x: number;
  readonly width: number;
  readonly align: 'start' | 'end';
  readonly colour: string;
  /** What it is content of; null for what is repeated. */
  readonly element: Element | null;
  readonly type: string;
}

/** Cells side by side. Everything on a page is a row: a paragraph is one with a single cell. */
export interface RowOfCells {
  readonly cells: readonly Cell[];
  /** Above and below the text. */
  readonly padding: number;
  /** Whether it may go on on the next page although it would fit on one. */
  readonly isSplit: boolean;
  /** Drawn before each part of the row, as artifact. */
  readonly behind?: (y: number, height: number) => void;
  /** Called on every new page. */
  readonly onPage?: () => void;
}

/** Fewer lines of a paragraph do not stand alone at the foot or the head of a page. */
const FEW = 2;

export const lineHeight = (size: number): number => size * STYLE.lineHeight;

/** Writes a row, over as many pages as it takes. */
export function writeRow(canvas: PdfCanvas, pages: PdfPages, row: RowOfCells): void {
  const step = Math.max(0, ...row.cells.map(({ lines }) => lineHeight(lines.size)));
  const total = Math.max(0, ...row.cells.map(({ lines }) => lines.lines.length));
  for (let done = 0; done < total;) {
    const take = linesThatFit(pages.left - 2 * row.padding, step, total - done, row);
    if (take === 0) {
      pages.next();
      row.onPage?.();
      continue;
    }
    writePart(canvas, pages, row, { from: done, count: take, step });
    done += take;
  }
}

function linesThatFit(room: number, step: number, wanted: number, { isSplit, padding }: RowOfCells): number {
  // at the head of a page something must be taken, or there would be no end
  const isWhole = room + 2 * padding >= BODY_HEIGHT - 4 * step;
  const fit = Math.max(isWhole ? 1 : 0, Math.floor((room + 0.01) / step));
  if (fit >= wanted) return wanted;
  if (isWhole) return fit;
  const fitsOnOne = wanted * step + 2 * padding <= BODY_HEIGHT / 2;
  if (!isSplit && fitsOnOne) return 0;
  const take = Math.min(fit, wanted - FEW);
  return take < FEW ? 0 : take;
}

interface Part {
  readonly from: number;
  readonly count: number;
  readonly step: number;
}

function writePart(canvas: PdfCanvas, pages: PdfPages, row: RowOfCells, part: Part): void {
  const { behind, padding } = row;
  const height = part.count * part.step + 2 * padding;
  if (behind)
    canvas.artifact('Layout', () => {
      behind(pages.y, height);
    });
  for (const cell of row.cells) writeCell(canvas, cell, pages.y + padding, part);
  pages.y += height;
}

function writeCell(canvas: PdfCanvas, cell: Cell, top: number, { from, count, step }: Part): void {
  const { element, type } = cell;
  const draw = (): void => {
    cell.lines.lines.slice(from, from + count).forEach((line, i) => {
      const { size } = cell.lines;
      const isAtEnd = (cell.align === 'end') !== cell.lines.isRtl;
      const x = isAtEnd ? cell.x + cell.width - line.width : cell.x;
      canvas.line(line, x, top + i * step + (step + size * 0.7) / 2, size, cell.colour);
    });
  };
  if (from > 0 && cell.lines.lines.length <= from) return;
  if (element) canvas.content(element, type, draw);
  else canvas.artifact('Pagination', draw);
}

/** Moves on to the next page unless there is so much room, in points. */
export function keepTogether(pages: PdfPages, height: number): void {
  if (pages.left < height && pages.y > STYLE.page.top) pages.next();
}
