/** The languages Lethe's own prose is written in (BCP 47); what people are shown must be there in theirs. */
export const LANGUAGES = ['en', 'de', 'fr', 'es', 'it'] as const;
export type Language = (typeof LANGUAGES)[number];
