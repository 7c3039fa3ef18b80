import { parsePeriod } from '../core/period.js';
import type { ActivityPolicy } from '../policy/activity-policy.js';
import type { ConsentPolicy } from '../policy/consent-policy.js';
import type { Policy } from '../policy/policy.js';
import { listOf, type Needs } from './needs.js';
import { periodWords } from './period-words.js';
import { isConsented } from './rights.js';
import type { Source } from './source.js';
import type { Words } from './words.js';

/** Consent that an activity rests on, as a notice tells of it. */
export interface ConsentFacts {
  readonly id: string;
  /** What the purpose is, in words. */
  readonly says: string;
  readonly withdrawal: string;
  /** `until you withdraw your consent, at most two years after you gave it` */
  readonly kept: string;
}

/**
 * The consent policies of an activity's purposes that rest on consent. A purpose without one is reported: people must be told
 * how to withdraw (Art. 13(2)(c)), and nobody could.
 */
export function consentPolicies(
  { policies }: Source,
  activity: ActivityPolicy,
  needs: Needs,
): readonly { readonly at: number; readonly policy: ConsentPolicy }[] {
  return listOf(activity.entry.purposes).flatMap((aim, at) => {
    if (!isConsented(aim.basis, aim.specialGround)) return [];
    const found = policies.consent.filter(
      ({ entry }) => entry.activity === activity.id && entry.purpose === aim.purpose,
    );
    if (found.length === 0) reportMissing(needs, activity, aim.purpose, at);
    return found.map((policy) => ({ at, policy }));
  });
}

const reportMissing = (needs: Needs, { id }: Pick<Policy, 'id'>, purpose: string, at: number): void => {
  needs.report({
    policy: id,
    field: `purposes[${at}].basis`,
    article: 'Art. 13(2)(c)',
    message: `is consent, and no consent policy in force says how consent to ${purpose} is withdrawn`,
  });
};

export function consentFacts(
  source: Source,
  activity: ActivityPolicy,
  needs: Needs,
  words: Words,
): readonly ConsentFacts[] {
  return consentPolicies(source, activity, needs).map(({ at, policy }) => {
    const validFor = needs.text(policy, 'validFor', 'Art. 13(2)(a)');
    const period = parsePeriod(validFor);
    const length = 'problem' in period ? validFor : periodWords(words, period);
    return {
      id: policy.id,
      says: needs.prose(activity, `purposes[${at}].says`, 'Art. 13(1)(c)'),
      withdrawal: needs.prose(policy, 'withdrawal', 'Art. 13(2)(c)'),
      kept: words.periods.consent.replace('{period}', () => length),
    };
  });
}
