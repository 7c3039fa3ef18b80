import { LetheError } from '../core/errors.js';
import type { ActivityPolicy } from '../policy/activity-policy.js';
import type { ConsentPolicy } from '../policy/consent-policy.js';
import { isConsent } from '../policy/legal-bases.js';
import type { PoliciesByKind } from '../policy/policy.js';
import type { Purpose } from '../policy/purposes.js';

type Aim = ActivityPolicy['entry']['purposes'][number];

/** Why a person may be asked for consent to a purpose, and by which policy. */
export interface Asked {
  readonly policy: ConsentPolicy;
  readonly activity: ActivityPolicy;
  readonly aim: Aim;
  /** The consent must be stated in words or by a second act. */
  readonly isExplicit: boolean;
}

/**
 * What asks for consent to the purpose. Consent is asked only where it is the basis: elsewhere it would promise a choice that
 * nobody has, and refusing would change nothing.
 * @throws LetheError `consent_not_asked`, which says on what the purpose rests
 */
export function askedFor(policies: PoliciesByKind, purpose: Purpose): Asked {
  const asking = policies.consent.filter(({ entry }) => entry.purpose === purpose);
  const refuse = (why: string): LetheError => new LetheError('consent_not_asked', { purpose, why });
  const [policy, other] = asking;
  if (!policy) throw refuse(restsOn(policies, purpose));
  if (other) throw refuse(`policies ${policy.id} and ${other.id} both ask for it, and one must`);
  const activity = policies.activity.find(({ id }) => id === policy.entry.activity);
  if (!activity)
    throw refuse(`activity ${policy.entry.activity}, which policy ${policy.id} names, is not in force`);
  const aim = activity.entry.purposes.find((one) => one.purpose === purpose);
  if (!aim) throw refuse(`activity ${activity.id} does not have this purpose`);
  if (!mayAsk(policy, aim)) throw refuse(`in activity ${activity.id} it rests on ${basesOf(aim)}`);
  const isExplicit = policy.entry.explicit || aim.specialGround === 'eu-gdpr:A9-2-a';
  return { policy, activity, aim, isExplicit };
}

const mayAsk = ({ entry }: ConsentPolicy, { basis, specialGround }: Aim): boolean =>
  entry.for === 'recording' || isConsent(basis) || (specialGround !== undefined && isConsent(specialGround));

const basesOf = ({ basis, specialGround }: Aim): string =>
  [basis, ...(specialGround === undefined ? [] : [specialGround])].join(' and ');

function restsOn(policies: PoliciesByKind, purpose: Purpose): string {
  const bases = policies.activity.flatMap(({ id, entry }) =>
    entry.purposes
      .filter((aim) => aim.purpose === purpose)
      .map((aim) => `in activity ${id} it rests on ${basesOf(aim)}`),
  );
  return [
    'no consent policy in force asks for it',
    ...(bases.length > 0 ? bases : ['no activity in force has it']),
  ].join(', and ');
}
