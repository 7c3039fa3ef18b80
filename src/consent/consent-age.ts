import type { Instant } from '../core/instant.js';
import type { ConsentEntry } from '../policy/consent-schema.js';

/** Old enough to consent alone, too young, or nobody knows: an unknown age is not an adult's. */
export type AgeState = 'adult' | 'child' | 'unknown';

/** What is known of a person's age; null: nothing. */
export interface AgeKnown {
  /** By the person's record. */
  readonly bornOn: string | null;
  /** As the person stated it. */
  readonly stated: { readonly years: number } | { readonly bornOn: string } | null;
}

/** From which age the person consents alone; where nobody knows the place, the strictest of the policy (GDPR Art. 8(1)). */
export function thresholdOf(
  { otherwise, places = {} }: NonNullable<ConsentEntry['age']>,
  place: string | null,
): number {
  if (place === null) return Math.max(otherwise, ...Object.values(places));
  return places[place.slice(0, 2)] ?? otherwise;
}

/** Of what the record says and what was stated, the younger counts. */
export function ageStateOf({ bornOn, stated }: AgeKnown, threshold: number, at: Instant): AgeState {
  const known = [bornOn === null ? null : { bornOn }, stated].flatMap((one) =>
    one === null ? [] : yearsOf(one, at),
  );
  if (known.length === 0) return 'unknown';
  return Math.min(...known) >= threshold ? 'adult' : 'child';
}

const yearsOf = (age: NonNullable<AgeKnown['stated']>, at: Instant): number =>
  'years' in age ? age.years : yearsSince(age.bornOn, at);

/** Whole years from a day to the UTC day of an instant; who was born on 29 February is a year older on 1 March. */
export function yearsSince(bornOn: string, at: Instant): number {
  const years = Number(at.slice(0, 4)) - Number(bornOn.slice(0, 4));
  return at.slice(5, 10) < bornOn.slice(5, 10) ? years - 1 : years;
}
