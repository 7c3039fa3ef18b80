/** What encrypted values are found by: the kinds of identifiers that the map names. */
export const INDEX_KINDS = ['email', 'phone', 'customerNumber'] as const;
export type IndexKind = (typeof INDEX_KINDS)[number];

export const isIndexKind = (kind: string): kind is IndexKind =>
  (INDEX_KINDS as readonly string[]).includes(kind);
