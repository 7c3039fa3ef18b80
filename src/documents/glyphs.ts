import { spansOf, type Span, type Text } from './document.js';
import type { NamedFont } from './fonts.js';

/** Characters that one font shows. */
export interface Piece {
  readonly text: string;
  readonly font: string;
  readonly style: Span['style'];
  /** What the piece stands for, where no font has its characters. */
  readonly actual: string | null;
}

// joiners, marks of direction, soft hyphens, variation selectors: they have no shape of their own
const SHAPELESS = /\p{Default_Ignorable_Code_Point}/gu;
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Chooses a font for every character; one that no font has stands as `[U+4E2D]` and is remembered. */
export class GlyphChooser {
  readonly missing = new Set<number>();
  private readonly known = new Map<string, boolean>();

  constructor(private readonly fonts: Readonly<Record<Span['style'], readonly NamedFont[]>>) {}

  pieces(text: Text): readonly Piece[] {
    return spansOf(text).flatMap((span) => this.piecesOf({ ...span, text: tidy(span.text) }));
  }

  private piecesOf({ text, style }: Span): readonly Piece[] {
    const fonts = this.fonts[style];
    const [first] = fonts;
    if (first && this.has(first, text)) return [{ text, font: first.name, style, actual: null }];
    const pieces: Piece[] = [];
    for (const { segment } of graphemes.segment(text)) {
      const font = fonts.find((candidate) => this.has(candidate, segment));
      const piece = font
        ? { text: segment, font: font.name, style, actual: null }
        : this.missingPiece(segment, first?.name ?? '', style);
      append(pieces, piece);
    }
    return pieces;
  }

  private missingPiece(segment: string, font: string, style: Span['style']): Piece {
    const points = Array.from(segment.replace(SHAPELESS, ''), (char) => char.codePointAt(0) ?? 0);
    for (const point of points) this.missing.add(point);
    return { text: points.map(shownPoint).join(''), font, style, actual: segment };
  }

  private has({ name, font }: NamedFont, text: string): boolean {
    for (const char of text.replace(SHAPELESS, '')) {
      if (char === '\n') continue;
      const key = name + char;
      let known = this.known.get(key);
      if (known === undefined)
        this.known.set(key, (known = char >= ' ' && font.hasGlyphForCodePoint(char.codePointAt(0) ?? 0)));
      if (!known) return false;
    }
    return true;
  }
}

function append(pieces: Piece[], piece: Piece): void {
  const last = pieces.at(-1);
  if (last?.font === piece.font && last.actual === null && piece.actual === null)
    pieces[pieces.length - 1] = { ...piece, text: last.text + piece.text };
  else pieces.push(piece);
}

/** One code point has one look: composed, with plain spaces, so that what is copied out is what was written. */
const tidy = (text: string): string =>
  text
    .toWellFormed()
    .normalize('NFC')
    .replace(/\r\n?|[\u0085\u2028\u2029]/g, '\n')
    .replace(/[\t\u00a0\u202f]/g, (space) => (space === '\t' ? ' ' : '\u00a0'));

/** `[U+4E2D]` */
export const shownPoint = (point: number): string =>
  `[U+${point.toString(16).toUpperCase().padStart(4, '0')}]`;

/** What is drawn of a text: shapeless characters have done their work by then, but joiners still shape letters. */
export const drawn = (text: string): string =>
  text
    .replace(SHAPELESS, (char) => (char === '\u200c' || char === '\u200d' ? char : ''))
    .replaceAll('\u00a0', ' ');
