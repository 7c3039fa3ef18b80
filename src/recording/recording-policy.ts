import { askedFor, type Asked } from '../consent/consent-basis.js';
import { termsOf, type Terms } from '../consent/consent-terms.js';
import type { ConsentOrder } from '../consent/consent-orders.js';
import { LetheError } from '../core/errors.js';
import type { Instant } from '../core/instant.js';
import type { PoliciesByKind } from '../policy/policy.js';

/**
 * The consent policy under which calls are recorded.
 * @throws LetheError `recording_not_asked`, `consent_not_asked`
 */
export function recordingPolicy(policies: PoliciesByKind): Asked {
  const found = policies.consent.filter(({ entry }) => entry.for === 'recording');
  const [policy] = found;
  if (!policy)
    throw new LetheError('recording_not_asked', { why: 'no policy in force asks for consent to it' });
  if (found.length > 1)
    throw new LetheError('recording_not_asked', {
      why: `policies ${found.map(({ id }) => id).join(' and ')} both ask for consent to it`,
    });
  return askedFor(policies, policy.entry.purpose);
}

/** The same, where it only matters if there is one. */
export function recordingPolicyIfAny(policies: PoliciesByKind): Asked | null {
  try {
    return recordingPolicy(policies);
  } catch (error) {
    if (error instanceof LetheError) return null;
    throw error;
  }
}

/** What was shown, as the policy has it. */
export type Shown = Pick<Terms, 'wording' | 'language' | 'method'> & {
  readonly policy: string;
  readonly version: string;
};

/**
 * Checks what was said to, or by, somebody of whom no consent is kept elsewhere: nobody knows who they are, or they were only
 * told. No employee is among them.
 * @throws LetheError `consent_wording_unknown`, `consent_age`, `consent_party`, `input_invalid`
 */
export function shownTo(
  policies: PoliciesByKind,
  order: Omit<ConsentOrder, 'record' | 'purpose' | 'channel'>,
  at: Instant,
): Shown {
  const { policy } = recordingPolicy(policies);
  const { wording, language, method } = termsOf({
    policies,
    state: order.method === undefined ? 'dpv:ConsentRequested' : 'dpv:ConsentGiven',
    order: { ...order, record: '', purpose: policy.entry.purpose, channel: 'phone' },
    person: { isEmployee: false, name: '' },
    facts: { bornOn: null, place: null },
    before: null,
    at,
  });
  return { wording, language, method, policy: policy.id, version: policy.digest };
}
