import { LetheError } from '../core/errors.js';
import type { Instant } from '../core/instant.js';
import { dueOf, parsePeriod } from '../core/period.js';
import { EXPLICIT_METHODS, type ConsentMethod } from '../policy/consent-schema.js';
import type { PoliciesByKind } from '../policy/policy.js';
import { ageStateOf, thresholdOf, type AgeState } from './consent-age.js';
import { askedFor, type Asked } from './consent-basis.js';
import type { ConsentOrder } from './consent-orders.js';
import { isHolding, type ConsentState } from './consent-state.js';
import type { ConsentEvent } from './consent-store.js';
import type { Person, PersonFacts } from './person.js';

/** On which terms an event stands: what asked, what was shown, and how. */
export type Terms = Pick<
  ConsentEvent,
  | 'activity'
  | 'policy'
  | 'version'
  | 'wording'
  | 'notice'
  | 'language'
  | 'method'
  | 'channel'
  | 'explicit'
  | 'age'
  | 'validUntil'
>;

export interface TermsQuestion {
  readonly policies: PoliciesByKind;
  readonly state: ConsentState;
  readonly order: ConsentOrder;
  readonly person: Pick<Person, 'isEmployee' | 'name'>;
  readonly facts: PersonFacts;
  /** What was recorded last of the same consent; null: the event begins one. */
  readonly before: ConsentEvent | null;
  readonly at: Instant;
}

/**
 * The terms of asking, of an answer, and of a giving, by the policies in force.
 * @throws LetheError `consent_not_asked`, `consent_wording_unknown`, `consent_employee`, `consent_age`, `consent_party`, `input_invalid`
 */
export function termsOf(question: TermsQuestion): Terms {
  const { policies, state, order, person, before } = question;
  const asked = askedFor(policies, order.purpose);
  const { policy, activity, isExplicit } = asked;
  const given = isHolding(state);
  if (given || state === 'dpv:ConsentRequested') requireFreeToRefuse(asked, person);
  checkShown(asked, order);
  if (given) checkMethod(asked, order.method);
  return {
    activity: activity.id,
    policy: policy.id,
    version: policy.digest,
    wording: order.wording ?? before?.wording ?? null,
    notice: order.notice ?? before?.notice ?? null,
    language: order.language ?? before?.language ?? null,
    method: order.method ?? null,
    channel: order.channel ?? before?.channel ?? null,
    explicit: isExplicit,
    age: given ? requiredAge(asked, question) : 'unknown',
    validUntil: given ? endOf(asked, question.at) : null,
  };
}

/** Whether the answer hangs on how old the person is. @throws LetheError `consent_not_asked` */
export const dependsOnAge = ({ policies, order, state }: Omit<TermsQuestion, 'facts'>): boolean =>
  isHolding(state) && askedFor(policies, order.purpose).policy.entry.age !== undefined;

/** An end is on the terms of what it ends; by which channel it came is its own. */
export const termsOfEnd = (last: ConsentEvent, { channel }: ConsentOrder): Terms => ({
  ...last,
  method: null,
  channel: channel ?? last.channel,
  validUntil: null,
});

function requireFreeToRefuse(
  { policy }: Asked,
  { isEmployee, name }: Pick<Person, 'isEmployee' | 'name'>,
): void {
  if (isEmployee && !policy.entry.employees)
    throw new LetheError('consent_employee', { policy: policy.id, record: name });
}

function checkShown({ policy }: Asked, { wording, language, channel }: ConsentOrder): void {
  const { wording: known, channels } = policy.entry;
  const languages = Object.keys(known.says);
  const isKnown =
    (wording === undefined || wording === known.version) &&
    (language === undefined || languages.includes(language));
  if (!isKnown)
    throw new LetheError('consent_wording_unknown', {
      policy: policy.id,
      known: known.version,
      languages: languages.join(', '),
    });
  if (channel !== undefined && !channels.includes(channel)) throw unlisted('channel', policy.id, channels);
}

function checkMethod({ policy, isExplicit }: Asked, method: ConsentMethod | undefined): void {
  const { methods } = policy.entry;
  const allowed = isExplicit ? methods.filter((one) => EXPLICIT_METHODS.includes(one)) : methods;
  if (method === undefined || !allowed.includes(method)) throw unlisted('method', policy.id, allowed);
}

const unlisted = (what: string, policy: string, listed: readonly string[]): LetheError =>
  new LetheError('input_invalid', {
    what,
    reason: `consent policy ${policy} has ${listed.join(', ') || 'none that is explicit'}`,
  });

/** @throws LetheError `consent_age`, and `consent_party` where nobody with parental authority is asked for */
function requiredAge({ policy }: Asked, { order, state, facts, at }: TermsQuestion): AgeState {
  const rule = policy.entry.age;
  const byParent = isByParent(order);
  if (!rule) {
    if (byParent) throw notForParents(state);
    return 'unknown';
  }
  const threshold = thresholdOf(rule, order.place ?? facts.place);
  const age = ageStateOf({ bornOn: facts.bornOn, stated: order.age ?? null }, threshold, at);
  if (byParent && age === 'adult') throw notForParents(state);
  if (byParent || age === 'adult') return age;
  throw new LetheError('consent_age', {
    policy: policy.id,
    threshold,
    why: age === 'unknown' ? 'the age is not known' : 'the person is younger',
  });
}

export const isByParent = ({ by }: ConsentOrder): boolean => typeof by === 'object';

const notForParents = (state: ConsentState): LetheError =>
  new LetheError('consent_party', { state, may: 'the person', by: 'a holder of parental authority' });

function endOf({ policy }: Asked, at: Instant): Instant {
  const period = parsePeriod(policy.entry.validFor);
  if ('problem' in period) throw new TypeError(period.problem); // the policy was read with a good one
  return dueOf(at, period, 'UTC', 'event');
}
