import { cardCodes } from './card-codes.js';
import { cardNumbers } from './card-numbers.js';
import { cardTracks } from './card-tracks.js';
import { fold } from './fold.js';
import type { CutKind, Span } from './span.js';

/** How many of each were cut; kinds that were not found are missing. */
export type CutCounts = Readonly<Partial<Record<CutKind, number>>>;

export interface CutText {
  readonly text: string;
  readonly counts: CutCounts;
}

/**
 * The text without what PCI DSS forbids to keep: card numbers cut to their last four, verification codes, PINs and the rest
 * of magnetic stripes gone. A text with none of these is returned as it is, unit by unit.
 */
export function cutText(original: string): CutText {
  if (!/\p{N}/u.test(original)) return { text: original, counts: {} };
  const folded = fold(original);
  const cards = cardNumbers(folded.text);
  const tracks = cardTracks(folded.text, cards);
  const codes = cardCodes(folded.text, [...cards, ...tracks]);
  const spans = apart([...cards, ...tracks, ...codes]);
  let text = '';
  let at = 0;
  for (const { from, to, instead } of spans) {
    text += original.slice(at, folded.start(from)) + instead;
    at = folded.end(to);
  }
  return { text: text + original.slice(at), counts: countsOf(spans) };
}

/** In order, each stretch once: what was found twice is cut once. */
function apart(spans: readonly Span[]): readonly Span[] {
  const kept: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.from - b.from || b.to - a.to)) {
    const last = kept.at(-1);
    if (!last || span.from >= last.to) kept.push(span);
    else if (span.to > last.to) kept[kept.length - 1] = { ...last, to: span.to };
  }
  return kept;
}

function countsOf(spans: readonly Span[]): CutCounts {
  const counts: Partial<Record<CutKind, number>> = {};
  for (const { kind } of spans) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
