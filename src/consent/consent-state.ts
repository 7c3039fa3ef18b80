import type { Instant } from '../core/instant.js';

/** What a consent can be, as terms of W3C DPV 2.3; ISO/IEC TS 27560 calls it `event_state`. */
export const CONSENT_STATES = [
  'dpv:ConsentUnknown',
  'dpv:ConsentRequested',
  'dpv:ConsentRequestDeferred',
  'dpv:ConsentGiven',
  'dpv:RenewedConsentGiven',
  'dpv:ConsentRefused',
  'dpv:ConsentWithdrawn',
  'dpv:ConsentRevoked',
  'dpv:ConsentExpired',
  'dpv:ConsentInvalidated',
] as const;
export type ConsentState = (typeof CONSENT_STATES)[number];

/** The states in which processing may rest on it. */
export const HOLDING = [
  'dpv:ConsentGiven',
  'dpv:RenewedConsentGiven',
] as const satisfies readonly ConsentState[];
export const isHolding = (state: ConsentState): boolean => HOLDING.some((one) => one === state);

/** Who may bring a consent into a state: the person or who answers for a child, the controller, an authority. */
export const PARTIES = ['subject', 'parent', 'controller', 'authority'] as const;
export type Party = (typeof PARTIES)[number];

const PERSON = ['subject', 'parent'] as const;
export const MAY_BRING: Readonly<Record<ConsentState, readonly Party[]>> = {
  'dpv:ConsentUnknown': ['controller'],
  'dpv:ConsentRequested': ['controller'],
  'dpv:ConsentRequestDeferred': PERSON,
  'dpv:ConsentGiven': PERSON,
  'dpv:RenewedConsentGiven': PERSON,
  'dpv:ConsentRefused': PERSON,
  'dpv:ConsentWithdrawn': PERSON,
  'dpv:ConsentRevoked': ['controller'],
  'dpv:ConsentExpired': ['controller'],
  'dpv:ConsentInvalidated': ['authority'],
};

const ASKED: readonly ConsentState[] = [
  'dpv:ConsentGiven',
  'dpv:ConsentRefused',
  'dpv:ConsentRequestDeferred',
];
const HELD: readonly ConsentState[] = [
  'dpv:RenewedConsentGiven',
  'dpv:ConsentWithdrawn',
  'dpv:ConsentRevoked',
  'dpv:ConsentExpired',
  'dpv:ConsentInvalidated',
];
const ENDED: readonly ConsentState[] = ['dpv:ConsentRequested', 'dpv:ConsentGiven'];

const NEXT: Readonly<Record<ConsentState, readonly ConsentState[]>> = {
  'dpv:ConsentUnknown': ASKED,
  'dpv:ConsentRequested': ASKED,
  'dpv:ConsentRequestDeferred': ASKED,
  'dpv:ConsentGiven': HELD,
  'dpv:RenewedConsentGiven': HELD,
  'dpv:ConsentRefused': ENDED,
  'dpv:ConsentWithdrawn': ENDED,
  'dpv:ConsentRevoked': ENDED,
  'dpv:ConsentExpired': ENDED,
  'dpv:ConsentInvalidated': ENDED,
};

/** The last that was recorded of a consent. */
export interface LastEvent {
  readonly state: ConsentState;
  readonly validUntil: Instant | null;
}

/** What the consent is at an instant: one that was given and is past its time has expired, whether anybody wrote so or not. */
export const stateAt = ({ state, validUntil }: LastEvent, at: Instant): ConsentState =>
  validUntil !== null && validUntil <= at ? 'dpv:ConsentExpired' : state;

/** What may be recorded next; of a purpose nothing was recorded of yet, what begins a consent. */
export function nextStates(last: LastEvent | null, at: Instant): readonly ConsentState[] {
  if (last === null) return ['dpv:ConsentUnknown', 'dpv:ConsentRequested', ...ASKED];
  const state = stateAt(last, at);
  // writing down that it has expired is late, not wrong
  return state === last.state ? NEXT[state] : [...NEXT[state], 'dpv:ConsentExpired'];
}

/** Does the event begin another consent, with a record of its own? Each ends once. */
export const beginsAnew = (last: LastEvent | null, next: ConsentState, at: Instant): boolean =>
  last === null || (NEXT[stateAt(last, at)] === ENDED && next !== 'dpv:ConsentExpired');
