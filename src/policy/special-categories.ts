import { isWithin } from './categories.js';

/**
 * Data categories of fideslang (CC BY 4.0, Ethyca) that Art. 9(1) GDPR calls special; those below them are meant too.
 */
const SPECIAL = [
  'user.authorization.biometric',
  'user.biometric',
  'user.demographic.political_opinion',
  'user.demographic.race_ethnicity',
  'user.demographic.religious_belief',
  'user.demographic.sexual_orientation',
  'user.health_and_medical',
] as const;

/** Does Art. 9 GDPR ask for a ground of its own before data of this category is processed? */
export const isSpecial = (category: string): boolean => SPECIAL.some((name) => isWithin(category, name));
