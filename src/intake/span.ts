/** What PCI DSS forbids to keep: a card number is cut to its last four, the others are never stored (3.2.1, 3.3.1, 3.4.1). */
export const CUT_KINDS = ['card-number', 'card-track', 'verification-code', 'pin'] as const;
export type CutKind = (typeof CUT_KINDS)[number];

/** A stretch of a folded text. */
export interface Stretch {
  readonly from: number;
  /** Behind the last character. */
  readonly to: number;
}

/** What is written in a stretch's place. */
export interface Span extends Stretch {
  readonly kind: CutKind;
  readonly instead: string;
}

export const overlaps = (a: Stretch, b: Stretch): boolean => a.from < b.to && b.from < a.to;
