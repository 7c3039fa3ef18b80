import LineBreaker from 'linebreak';
import type { Direction } from './bidi.js';
import type { Piece } from './glyphs.js';

/** A text with a font and a direction for every character, before it is broken. */
export interface Setting extends Direction {
  readonly text: string;
  /** Index into `pieces` of every UTF-16 unit. */
  readonly pieceAt: readonly number[];
  readonly pieces: readonly Piece[];
  readonly size: number;
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Without the spaces at the end. */
export function trimmedEnd(text: string, start: number, end: number): number {
  let last = end;
  while (last > start && ' \n'.includes(text.charAt(last - 1))) last -= 1;
  return last;
}

/** Where letters end; a number that stands for one is one. */
export function* letterEnds({ text, pieces, pieceAt }: Setting, from: number, to: number): Generator<number> {
  let at = from;
  for (const { segment } of graphemes.segment(text.slice(from, to))) {
    at += segment.length;
    const piece = pieceAt[at];
    const isInside = piece !== undefined && piece === pieceAt[at - 1] && pieces[piece]?.actual !== null;
    if (!isInside || at === to) yield at;
  }
}

/** Start, end and whether the line must end there, of every stretch that is not broken unless it is too long. */
export function* units({ text, pieces, pieceAt }: Setting): Generator<readonly [number, number, boolean]> {
  const isCode = (at: number): boolean => pieces[pieceAt[at] ?? 0]?.style === 'code';
  const breaker = new LineBreaker(text);
  let start = 0;
  for (let next = breaker.nextBreak(); next; next = breaker.nextBreak()) {
    const { position } = next;
    const before = text.charAt(position - 1);
    // an id or a digest is read as one word, whatever signs are in it
    const isInside = isCode(position - 1) && isCode(position) && position < text.length;
    if (isInside && before !== ' ' && before !== '\n') continue;
    yield [start, position, next.required && before === '\n'];
    start = position;
  }
}
