import { strong, type Row, type Table } from './document.js';
import type { PdfCanvas } from './pdf-canvas.js';
import { BODY_WIDTH, STYLE } from './pdf-style.js';

const { table: style, page } = STYLE;

export interface Place {
  readonly x: number;
  readonly width: number;
}

interface Need {
  /** Without wrapping. */
  readonly line: number;
  /** The widest word. */
  readonly word: number;
}

/** Later rows can be a little wider than the sample. */
const SLACK = 1.08;

/** Where the columns stand, as wide as a sample of the rows asks for. */
export function placesOf(
  { typesetter }: PdfCanvas,
  { columns }: Table,
  rows: readonly Row[],
): readonly Place[] {
  const room = BODY_WIDTH - 2 * style.gap * columns.length;
  const needs = columns.map(({ title }, i): Need => {
    const texts = [strong(title), ...rows.map((row) => row[i] ?? '')];
    const widths = texts.map((text) => typesetter.widths(text, style.size));
    const line = Math.max(0, ...widths.map((width) => width.line)) * SLACK + 1;
    const word = Math.max(0, ...widths.map((width) => width.word)) * SLACK + 1;
    return { line, word: Math.min(word, room / columns.length) };
  });
  let x = page.left + style.gap;
  return share(needs, room).map((width) => {
    const place = { x, width };
    x += width + 2 * style.gap;
    return place;
  });
}

/** Columns as wide as their texts where that fits; else the narrow ones stay, and the wide ones wrap. */
function share(needs: readonly Need[], room: number): readonly number[] {
  const most = needs.reduce((sum, { line }) => sum + line, 0);
  if (most <= room) return needs.map(({ line }) => line + ((room - most) * line) / most);
  let [low, high] = [0, room];
  for (let i = 0; i < 40; i += 1) {
    const middle = (low + high) / 2;
    const sum = needs.reduce((total, need) => total + cut(need, middle), 0);
    if (sum > room) high = middle;
    else low = middle;
  }
  return needs.map((need) => cut(need, low));
}

const cut = ({ line, word }: Need, limit: number): number => Math.max(word, Math.min(line, limit));
