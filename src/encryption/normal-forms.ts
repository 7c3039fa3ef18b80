/** What encrypted values are found by: the kinds of identifiers that the map names. */
export const INDEX_KINDS = ['email', 'phone', 'customerNumber'] as const;
export type IndexKind = (typeof INDEX_KINDS)[number];
