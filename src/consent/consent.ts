import { z } from 'zod';
import type { Actor, ActorName } from '../core/actor.js';
import {
  checkConsent,
  showConsents,
  type ConsentAnswer,
  type ConsentQuestion,
  type ShownConsent,
} from './check-consent.js';
import { readInput, type OrderFor } from './consent-orders.js';
import type { ConsentReceipt, ConsentRecord } from './consent-record.js';
import { CONSENT_STATES, type ConsentState } from './consent-state.js';
import { exportReceipt, exportRecord } from './export-consent.js';
import { recordConsent, type ConsentContext, type RecordedConsent } from './record-consent.js';

type Say<State extends ConsentState> = (order: OrderFor<State>, actor: ActorName) => Promise<RecordedConsent>;

/** An order for any state: which fields go with it, the state says. */
export type StatedOrder = {
  readonly [State in ConsentState]: { readonly state: State } & OrderFor<State>;
}[ConsentState];

/** Consent where it is the basis: asked for, given, proved and withdrawn (GDPR Art. 4(11), 7, 8). See recordConsent for errors. */
export interface Consents {
  /** Any event. */
  record(order: StatedOrder, actor: ActorName): Promise<RecordedConsent>;
  request: Say<'dpv:ConsentRequested'>;
  give: Say<'dpv:ConsentGiven'>;
  refuse: Say<'dpv:ConsentRefused'>;
  defer: Say<'dpv:ConsentRequestDeferred'>;
  renew: Say<'dpv:RenewedConsentGiven'>;
  /** By the person, or who answers for a child; takes no reason, and holds in every process from its commit on. */
  withdraw: Say<'dpv:ConsentWithdrawn'>;
  /** By the controller. */
  revoke: Say<'dpv:ConsentRevoked'>;
  /** By an authority. */
  invalidate: Say<'dpv:ConsentInvalidated'>;
  check(question: ConsentQuestion): Promise<ConsentAnswer>;
  show(record: string): Promise<readonly ShownConsent[]>;
  /** As ISO/IEC TS 27560 and W3C DPV write it; see exportRecord. */
  export(question: ConsentQuestion): Promise<ConsentRecord>;
  receipt(question: ConsentQuestion): Promise<ConsentReceipt>;
}

const stated = z.looseObject({ state: z.enum(CONSENT_STATES) });

/** @param may throws `role_missing` for whoever may not record consent */
export function consentsOver(context: ConsentContext, may: (actor: ActorName) => Actor): Consents {
  const say =
    <State extends ConsentState>(state: State): Say<State> =>
    async (order, actor) =>
      recordConsent(context, state, order, may(actor));
  return {
    record: async (order, actor) => {
      const who = may(actor);
      const { state, ...rest } = readInput(stated, order);
      return recordConsent(context, state, rest, who);
    },
    request: say('dpv:ConsentRequested'),
    give: say('dpv:ConsentGiven'),
    refuse: say('dpv:ConsentRefused'),
    defer: say('dpv:ConsentRequestDeferred'),
    renew: say('dpv:RenewedConsentGiven'),
    withdraw: say('dpv:ConsentWithdrawn'),
    revoke: say('dpv:ConsentRevoked'),
    invalidate: say('dpv:ConsentInvalidated'),
    check: (question) => checkConsent(context, question),
    show: (record) => showConsents(context, record),
    export: (question) => exportRecord(context, question),
    receipt: (question) => exportReceipt(context, question),
  };
}
