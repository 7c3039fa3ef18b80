import * as bidiModule from 'bidi-js';
import type { Bidi } from 'bidi-js';

// CommonJS: what its types call the default export is the module itself
const bidi = (bidiModule.default as unknown as () => Bidi)();

/** The direction of every UTF-16 unit of a text (odd: right to left), and of the text as a whole (UAX #9). */
export interface Direction {
  readonly levels: Uint8Array;
  readonly isRtl: boolean;
}

const MAY_BE_RTL =
  /[\u0590-\u08ff\u200f\u202b\u202e\u2067\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** The first strong letter decides the direction of a text. */
export function directionOf(text: string): Direction {
  if (!MAY_BE_RTL.test(text)) return { levels: new Uint8Array(text.length), isRtl: false };
  const { levels, paragraphs } = bidi.getEmbeddingLevels(text, 'auto');
  return { levels, isRtl: (paragraphs[0]?.level ?? 0) % 2 === 1 };
}

/** Brackets and their like turn round where text runs from right to left. */
export const mirrored = (text: string): string =>
  Array.from(text, (char) => bidi.getMirroredCharacter(char) ?? char).join('');

/** Logical order to the order on paper, from left to right: rule L2. Each part has one level. */
export function visualOrder<T extends { readonly level: number }>(parts: readonly T[]): readonly T[] {
  const order = [...parts];
  const levels = order.map(({ level }) => level);
  for (let level = Math.max(0, ...levels); level >= 1; level -= 1)
    for (let start = 0; start < order.length; start += 1) {
      let end = start;
      while (end < order.length && (order[end]?.level ?? 0) >= level) end += 1;
      if (end > start) order.splice(start, end - start, ...order.slice(start, end).reverse());
      start = Math.max(start, end);
    }
  return order;
}
