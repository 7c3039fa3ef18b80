import { isConsent, type LegalBasis, type SpecialGround } from '../policy/legal-bases.js';
import type { ActivityEntry } from '../policy/activity-schema.js';

/** Rights of data subjects, by the article of the GDPR that gives them. */
export const RIGHTS = ['A7-3', 'A15', 'A16', 'A17', 'A18', 'A20', 'A21', 'A77'] as const;
export type Right = (typeof RIGHTS)[number];

type Aim = ActivityEntry['purposes'][number];

/**
 * The rights that go with a purpose, by its legal basis: erasure not while a duty or a public task asks for the data
 * (Art. 17(3)(b)), portability with consent and contract (Art. 20(1)), objection with public tasks and legitimate interests
 * (Art. 21(1)) and against direct marketing whatever its basis (Art. 21(2)), withdrawal of consent (Art. 7(3)).
 */
export function rightsOf(aim: Aim | undefined): readonly Right[] {
  if (!aim) return [];
  const letter = letterOf(aim.basis);
  const consented = isConsented(aim.basis, aim.specialGround);
  const has: Readonly<Record<Right, boolean>> = {
    'A7-3': consented,
    A15: true,
    A16: true,
    A17: !'ce'.includes(letter),
    A18: true,
    A20: consented || letter === 'b',
    A21: 'ef'.includes(letter) || aim.purpose === 'dpv:DirectMarketing',
    A77: true,
  };
  return RIGHTS.filter((right) => has[right]);
}

/** `b` of `eu-gdpr:A6-1-b-contract-performance`; empty for a basis that an older version lacks. */
export const letterOf = (basis: LegalBasis | undefined): string =>
  /A6-1-([a-f])/.exec(basis ?? '')?.[1] ?? '';

/** Does the basis, or the ground for special categories, rest on consent? */
export const isConsented = (basis: LegalBasis | undefined, ground: SpecialGround | undefined): boolean =>
  [basis, ground].some((one) => one !== undefined && isConsent(one));
