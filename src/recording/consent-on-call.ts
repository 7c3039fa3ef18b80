import type { Call } from '../access/call.js';
import { readOrder } from '../consent/consent-orders.js';
import { isHolding, nextStates, stateAt, type ConsentState } from '../consent/consent-state.js';
import { lastEvent, lockConsent } from '../consent/consent-store.js';
import { keepPerson, readPerson } from '../consent/person.js';
import { recordConsentIn, type RecordedConsent } from '../consent/record-consent.js';
import type { Assurance } from '../core/actor.js';
import { LetheError } from '../core/errors.js';
import type { PoliciesByKind } from '../policy/policy.js';
import type { Purpose } from '../policy/purposes.js';
import { inHand, type CallInHand, type RecordingContext } from './call-in-hand.js';
import { readConsenting, readObjecting, type CallConsentOrder, type ObjectOrder } from './call-orders.js';
import { consentsNamed, recordOfSubject } from './call-store.js';
import { requireOpen } from './on-call.js';
import { recordingPolicy, recordingPolicyIfAny, shownTo } from './recording-policy.js';

/** Who writes it down, and what they work with. */
interface Desk {
  readonly context: RecordingContext;
  readonly call: Call;
}

/**
 * Somebody on the call agrees to its recording. Of a person who is known it is a consent like any other, with its record and
 * its end; of one whom nobody knows it stays with the call. Employees are asked only where the policy says why they are free
 * to refuse.
 * @throws LetheError `input_invalid`, `access_denied`, `call_unknown`, `call_over`, `participant_unknown`,
 *   `recording_not_asked`, `consent_not_asked`, `consent_wording_unknown`, `consent_employee`, `consent_age`, `consent_party`
 */
export async function consentOn(
  context: RecordingContext,
  call: Call,
  id: string,
  input: CallConsentOrder,
): Promise<{ readonly participant: string }> {
  const { participant, evidence, ...said } = readConsenting(input);
  return inHand(context, call, id, {}, async (hand) => {
    requireOpen(hand);
    const { subject, place } = hand.present(participant);
    const policies = await context.policies(hand.tx, hand.at);
    const { policy } = recordingPolicy(policies);
    const order = { ...said, ...(evidence && { evidence }), ...(place !== null && { place }) };
    const given =
      subject === null
        ? (shownTo(policies, order, hand.at), null)
        : await give(hand, { context, call }, subject, policy.entry.purpose, order);
    await hand.write({
      kind: 'consented',
      at: given !== null && given.at > hand.at ? given.at : hand.at,
      participant,
      method: said.method,
      policy: policy.id,
      version: policy.digest,
      wording: said.wording,
      language: said.language,
      consent: given?.consent ?? null,
      evidence: evidence ?? null,
    });
    return { participant };
  });
}

/** One who consented on another call a while ago consents to this one, too: that renews it. */
async function give(
  hand: CallInHand,
  desk: Desk,
  subject: string,
  purpose: Purpose,
  said: Omit<CallConsentOrder, 'participant'>,
): Promise<RecordedConsent> {
  const holds = await holdsNow(hand, desk.context, subject, purpose);
  const state = holds ? 'dpv:RenewedConsentGiven' : 'dpv:ConsentGiven';
  const recorded = await say(hand, desk, subject, state, { ...said, purpose, channel: 'phone' });
  // erased while on the call: nobody can consent for them
  if (recorded === null)
    throw new LetheError('participant_unknown', { participant: 'such a participant', call: hand.id });
  return recorded;
}

/** The lock keeps the answer true until the transaction ends. */
async function holdsNow(
  { tx, at }: CallInHand,
  { clock }: RecordingContext,
  subject: string,
  purpose: Purpose,
): Promise<boolean> {
  await lockConsent(tx, subject, purpose);
  const last = await lastEvent(tx, subject, purpose);
  const now = clock.now();
  return last !== null && isHolding(stateAt(last, now > at ? now : at));
}

/** Records an event of the person's consent; null: the person was erased. */
async function say(
  { tx, intend }: CallInHand,
  { context, call }: Desk,
  subject: string,
  state: ConsentState,
  rest: object,
): Promise<RecordedConsent | null> {
  const record = await recordOfSubject(tx, subject);
  if (record === null) return null;
  const assurance: Assurance = call.actor.assurance === 'authenticated' ? 'authenticated' : 'asserted';
  const order = readOrder(state, { ...rest, record });
  return recordConsentIn(tx, intend, context, { state, order, actor: { name: call.actor.id, assurance } });
}

/** What an objection stopped. */
export interface Objected {
  /** The recording ran, or was paused, and has ended. Tell them that it has. */
  readonly stopped: boolean;
}

/**
 * Somebody on the call refuses to be recorded. The call goes on: nothing else about it changes.
 * @throws LetheError `input_invalid`, `call_unknown`, `participant_unknown`
 */
export const refuseOn = (
  context: RecordingContext,
  call: Call,
  id: string,
  input: ObjectOrder,
): Promise<Objected> => objectOn(context, call, id, input, 'refused');

/**
 * Somebody withdraws, during the call or after it: from the commit on nothing is recorded, resumed or stored, in any process.
 * It has effect for the future (GDPR Art. 7(3)): what was stored by then was lawful, and goes with its retention rule or when
 * they ask for its erasure (Art. 17(1)(b)). What was recorded and not yet stored never is: storing it would be a new act,
 * without consent. Where the person is known, this is a withdrawal of their consent, and ends it on every other call, too.
 * @throws LetheError `input_invalid`, `call_unknown`, `participant_unknown`
 */
export const withdrawOn = (
  context: RecordingContext,
  call: Call,
  id: string,
  input: ObjectOrder,
): Promise<Objected> => objectOn(context, call, id, input, 'withdrawn');

async function objectOn(
  context: RecordingContext,
  call: Call,
  id: string,
  input: ObjectOrder,
  kind: 'refused' | 'withdrawn',
): Promise<Objected> {
  const { participant } = readObjecting(input);
  return inHand(context, call, id, { isObjection: true }, async (hand) => {
    const { subject, consent, isPresent } = hand.participant(participant);
    const stopped = isPresent && hand.state.recording !== 'off';
    if (subject !== null) await endConsents(hand, { context, call }, subject, consent, kind);
    await hand.write({ kind, at: hand.at, participant });
    if (stopped) await stop(hand);
    return { stopped };
  });
}

async function stop(hand: CallInHand): Promise<void> {
  await hand.write({ kind: 'stopped', at: hand.at, reason: 'objection' });
  await hand.prove('recording.stopped', { intervals: hand.state.intervals.length });
}

/** Of a person who is known: what holds is withdrawn, and what does not is refused where that can still be said. */
async function endConsents(
  hand: CallInHand,
  desk: Desk,
  subject: string,
  consent: string | null,
  kind: 'refused' | 'withdrawn',
): Promise<void> {
  const policies = await desk.context.policies(hand.tx, hand.at);
  for (const purpose of await purposesOf(hand, policies, consent)) {
    if (await holdsNow(hand, desk.context, subject, purpose))
      await say(hand, desk, subject, 'dpv:ConsentWithdrawn', { purpose, channel: 'phone' });
    else if (kind === 'refused') await refuse(hand, desk, policies, subject, purpose);
  }
}

async function purposesOf(
  { tx }: CallInHand,
  policies: PoliciesByKind,
  consent: string | null,
): Promise<readonly Purpose[]> {
  const given = consent === null ? [] : await consentsNamed(tx, [consent]);
  const asked = recordingPolicyIfAny(policies);
  const all = [
    ...given.map(({ purpose }) => purpose),
    ...(asked === null ? [] : [asked.policy.entry.purpose]),
  ];
  return [...new Set(all)].sort();
}

/**
 * An employee's refusal stays with the call, which has a short life: how often somebody refused is kept nowhere. A refusal never
 * fails for want of something to write it to.
 */
async function refuse(
  hand: CallInHand,
  desk: Desk,
  policies: PoliciesByKind,
  subject: string,
  purpose: Purpose,
): Promise<void> {
  const last = await lastEvent(hand.tx, subject, purpose);
  const isAsked = recordingPolicyIfAny(policies)?.policy.entry.purpose === purpose;
  if (!isAsked || !nextStates(last, hand.at).includes('dpv:ConsentRefused')) return;
  const record = await recordOfSubject(hand.tx, subject);
  if (record === null) return;
  const person = readPerson(desk.context.graph, record);
  if (person.isEmployee || (await keepPerson(hand.tx, person)) === null) return;
  await say(hand, desk, subject, 'dpv:ConsentRefused', { purpose });
}
