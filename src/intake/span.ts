/** What PCI DSS forbids to keep: a card number is cut to its last four, the others are never stored (3.2.1, 3.3.1, 3.4.1). */
export const CUT_KINDS = ['card-number', 'card-track', 'verification-code', 'pin'] as const;
export type CutKind = (typeof CUT_KINDS)[number];

/** A stretch of a folded text, and what is written in its place. */
export interface Span {
  readonly kind: CutKind;
  readonly from: number;
  /** Behind the last character. */
  readonly to: number;
  readonly instead: string;
}

export const overlaps = (a: Pick<Span, 'from' | 'to'>, b: Pick<Span, 'from' | 'to'>): boolean =>
  a.from < b.to && b.from < a.to;
