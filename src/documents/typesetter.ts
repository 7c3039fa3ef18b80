import { directionOf, visualOrder } from './bidi.js';
import { letterEnds, trimmedEnd, units, type Setting } from './breaks.js';
import type { Text } from './document.js';
import type { GlyphChooser } from './glyphs.js';
import { runsOf, type Run } from './runs.js';

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
    const words = Array.from(units(setting), ([start, end]) =>
      this.width(setting, start, trimmedEnd(setting.text, start, end)),
    );
    const lines = this.set(text, Infinity, size).lines.map(({ width }) => width);
    return { line: Math.max(0, ...lines), word: Math.max(0, ...words) };
  }

  private settingOf(text: Text, size: number): Setting {
    const pieces = this.glyphs.pieces(text);
    const whole = pieces.map((piece) => piece.text).join('');
    const pieceAt = pieces.flatMap((piece, index) => new Array<number>(piece.text.length).fill(index));
    // a number in brackets runs from left to right as one word, wherever it stands
    const words = pieces.map(({ text: shown, actual }) =>
      actual === null ? shown : 'x'.repeat(shown.length),
    );
    return { text: whole, pieces, pieceAt, size, ...directionOf(words.join('')) };
  }

  /** The ends of the lines. */
  private *breaks(setting: Setting, width: number): Generator<number> {
    const { text } = setting;
    let start = 0;
    let used = 0;
    for (const [from, to, isRequired] of units(setting)) {
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

  /** Where a word that is wider than a line is cut: between letters, and never in a number that stands for one. */
  private *cuts(setting: Setting, from: number, to: number, width: number): Generator<number> {
    let used = 0;
    let start = from;
    for (const end of letterEnds(setting, from, to)) {
      const wide = this.width(setting, start, end);
      if (start > from && used + wide > width) {
        yield start;
        used = 0;
      }
      used += wide;
      start = end;
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
