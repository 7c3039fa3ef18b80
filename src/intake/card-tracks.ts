import type { Span } from './span.js';

/** What a magnetic stripe has behind the number (ISO/IEC 7813): track 2 `=YYMM…`, track 1 `^NAME^YYMM…`. */
const REST = /^(?:\s?[=D]\s?\d{7,}|\^[^^\n]{2,30}\^\d{7,})[^\s?]*\??/;

/** The rest of a track behind a card number: service code, verification value, PIN check, never stored. */
export const cardTracks = (text: string, cards: readonly Span[]): readonly Span[] =>
  cards.flatMap(({ to }): readonly Span[] => {
    const found = REST.exec(text.slice(to, to + 200));
    return found ? [{ kind: 'card-track', from: to, to: to + found[0].length, instead: ' •••' }] : [];
  });
