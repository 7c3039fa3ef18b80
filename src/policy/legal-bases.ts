/** Art. 6(1) GDPR, as terms of W3C DPV 2.3 (extension eu-gdpr). */
export const LEGAL_BASES = [
  'eu-gdpr:A6-1-a',
  'eu-gdpr:A6-1-a-explicit-consent',
  'eu-gdpr:A6-1-a-non-explicit-consent',
  'eu-gdpr:A6-1-b',
  'eu-gdpr:A6-1-b-contract-performance',
  'eu-gdpr:A6-1-b-enter-into-contract',
  'eu-gdpr:A6-1-c',
  'eu-gdpr:A6-1-d',
  'eu-gdpr:A6-1-d-data-subject',
  'eu-gdpr:A6-1-d-natural-person',
  'eu-gdpr:A6-1-e',
  'eu-gdpr:A6-1-e-official-authority',
  'eu-gdpr:A6-1-e-public-interest',
  'eu-gdpr:A6-1-f',
  'eu-gdpr:A6-1-f-controller',
  'eu-gdpr:A6-1-f-third-party',
] as const;
export type LegalBasis = (typeof LEGAL_BASES)[number];

/** Art. 9(2) GDPR: what permits processing special categories of data, besides a basis of Art. 6. */
export const SPECIAL_GROUNDS = [
  'eu-gdpr:A9-2-a',
  'eu-gdpr:A9-2-b',
  'eu-gdpr:A9-2-c',
  'eu-gdpr:A9-2-d',
  'eu-gdpr:A9-2-e',
  'eu-gdpr:A9-2-f',
  'eu-gdpr:A9-2-g',
  'eu-gdpr:A9-2-h',
  'eu-gdpr:A9-2-i',
  'eu-gdpr:A9-2-j',
] as const;
export type SpecialGround = (typeof SPECIAL_GROUNDS)[number];

/** Is consent what the processing rests on? Only then is consent asked for. */
export const isConsent = (basis: LegalBasis | SpecialGround): boolean =>
  basis.startsWith('eu-gdpr:A6-1-a') || basis === 'eu-gdpr:A9-2-a';
