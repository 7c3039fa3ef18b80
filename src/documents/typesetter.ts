import LineBreaker from 'linebreak';
import { directionOf, mirrored, visualOrder, type Direction } from './bidi.js';
import type { Text } from './document.js';
import { drawn, type GlyphChooser, type Piece } from './glyphs.js';

/** Characters of one font and direction, as they are drawn. */
export interface Run {
  readonly text: string;
  readonly font: string;
  readonly level: number;
  /** What stands for other characters than it shows: a number in brackets, or a bracket turned round. */
  readonly actual: string | null;
  readonly isMirrored: boolean;
  /** Letters that a font shapes from right to left. */
  readonly isShapedRtl: boolean;
}

export interface Line {
  /** From left to right. */
  readonly runs: readonly Run[];
  readonly width: number;
}

/** A text broken into lines. */
export interface Lines {
  readonly lines: readonly Line[];
  readonly size: number;
  /** The text as a whole runs from right to left. */
  readonly isRtl: boolean;
  readonly text: string;
}

export type Measure = (font: string, size: number, text: string, isShapedRtl: boolean) => number;

interface Setting extends Direction {
  readonly text: string;
  /** Index into `pieces` of every UTF-16 unit. */
  readonly pieceAt: readonly number[];
  readonly pieces: readonly Piece[];
  readonly size: number;
}

const RTL_LETTER = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Breaks text into lines: UAX #14 for the places, and anywhere in a word that is wider than the line. */
export class Typesetter {
  constructor(
    private readonly glyphs: GlyphChooser,
    private readonly measure: Measure,
  ) {}

  /** `width` and `size` in points. */
  set(text: Text, width: number, size: number): Lines {
    const setting = this.settingOf(text, size);
    const lines: Line[] = [];
    let start = 0;
    for (const end of this.breaks(setting, width)) {
      lines.push(this.lineOf(setting, start, end));
      start = end;
    }
    return { lines, size, isRtl: setting.isRtl, text: setting.text };
  }

  /** The width of a text that stays on one line, and of its widest word. */
  widths(text: Text, size: number): { readonly line: number; readonly word: number } {
    const setting = this.settingOf(text, size);
    const words = Array.from(units(setting.text), ([start, end]) =>
      this.width(setting, start, trimmedEnd(setting.text, start, end)),
    );
    const lines = this.set(text, Infinity, size).lines.map(({ width }) => width);
    return { line: Math.max(0, ...lines), word: Math.max(0, ...words) };
  }

  private settingOf(text: Text, size: number): Setting {
    const pieces = this.glyphs.pieces(text);
    const whole = pieces.map((piece) => piece.text).join('');
    const pieceAt = pieces.flatMap((piece, index) => new Array<number>(piece.text.length).fill(index));
    return { text: whole, pieces, pieceAt, size, ...directionOf(whole) };
  }

  /** The ends of the lines. */
  private *breaks(setting: Setting, width: number): Generator<number> {
    const { text } = setting;
    let start = 0;
    let used = 0;
    for (const [from, to, isRequired] of units(text)) {
      const bare = this.width(setting, from, trimmedEnd(text, from, to));
      if (from > start && used + bare > width) {
        yield (start = from);
        used = 0;
      }
      for (const cut of bare > width ? this.cuts(setting, from, to, width) : []) yield (start = cut);
      used += this.width(setting, Math.max(start, from), isRequired ? to - 1 : to);
      if (!isRequired) continue;
      yield (start = to);
      used = 0;
    }
    if (start < text.length || text === '') yield text.length;
  }

  /** Where a word that is wider than a line is cut. */
  private *cuts(setting: Setting, from: number, to: number, width: number): Generator<number> {
    let used = 0;
    let at = from;
    for (const { segment } of graphemes.segment(setting.text.slice(from, to))) {
      const wide = this.width(setting, at, at + segment.length);
      if (at > from && used + wide > width) {
        yield at;
        used = 0;
      }
      used += wide;
      at += segment.length;
    }
  }

  private width(setting: Setting, start: number, end: number): number {
    return this.runs(setting, start, end).reduce(
      (sum, run) => sum + this.measure(run.font, setting.size, run.text, run.isShapedRtl),
      0,
    );
  }

  private lineOf(setting: Setting, start: number, end: number): Line {
    const last = trimmedEnd(setting.text, start, end);
    return { runs: visualOrder(this.runs(setting, start, last)), width: this.width(setting, start, last) };
  }

  /** In logical order. */
  private runs({ text, pieces, pieceAt, levels }: Setting, start: number, end: number): readonly Run[] {
    const runs: Run[] = [];
    let from = start;
    for (let at = start + 1; at <= end; at += 1) {
      if (at < end && pieceAt[at] === pieceAt[from] && levels[at] === levels[from]) continue;
      const piece = pieces[pieceAt[from] ?? 0];
      if (piece) runs.push(...runsOf(piece, text.slice(from, at), levels[from] ?? 0));
      from = at;
    }
    return runs;
  }
}

function runsOf({ font, actual }: Piece, logical: string, level: number): readonly Run[] {
  const text = drawn(logical);
  if (level % 2 === 0 || actual !== null) 
    return [{ text, font, level, actual, isMirrored: false, isShapedRtl: false }];
  return splitMirrored(text).map((part) => {
    const turned = mirrored(part);
    const isShapedRtl = RTL_LETTER.test(part);
    // the font turns letters round; a run of signs alone is turned here
    const shown = isShapedRtl ? part : reversed(turned);
    const isMirrored = turned !== part;
    return { text: shown, font, level, actual: isMirrored ? part : null, isMirrored, isShapedRtl };
  });
}

/** Brackets apart: turned round they are other characters, and readers must find the ones that were written. */
function splitMirrored(text: string): readonly string[] {
  const parts: string[] = [];
  let isApart = true;
  for (const char of text) {
    const turns = mirrored(char) !== char;
    if (isApart || turns) parts.push(char);
    else parts.push(`${parts.pop() ?? ''}${char}`);
    isApart = turns;
  }
  return parts;
}

const reversed = (text: string): string =>
  Array.from(graphemes.segment(text), ({ segment }) => segment)
    .reverse()
    .join('');

function trimmedEnd(text: string, start: number, end: number): number {
  let last = end;
  while (last > start && ' \n'.includes(text.charAt(last - 1))) last -= 1;
  return last;
}

/** Start, end and whether the line must end there, of every unbreakable stretch. */
function* units(text: string): Generator<readonly [number, number, boolean]> {
  const breaker = new LineBreaker(text);
  let start = 0;
  for (let next = breaker.nextBreak(); next; next = breaker.nextBreak()) {
    yield [start, next.position, next.required && text.charAt(next.position - 1) === '\n'];
    start = next.position;
  }
}
