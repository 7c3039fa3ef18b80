import { mirrored } from './bidi.js';
import { drawn, type Piece } from './glyphs.js';

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

const RTL_LETTER = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** The runs of a piece, in logical order. */
export function runsOf({ font, actual }: Piece, logical: string, level: number): readonly Run[] {
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
