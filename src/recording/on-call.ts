import type { Call } from '../access/call.js';
import { checkCall } from '../access/check-call.js';
import { keepPerson, readPerson, unknownPerson } from '../consent/person.js';
import { LetheError } from '../core/errors.js';
import { newId } from '../core/ids.js';
import type { Tx } from '../db/database.js';
import { keyText, parseRecord } from '../datamap/record-ref.js';
import { subjectOf } from '../datamap/subject-store.js';
import { actorId } from '../ledger/actor-directory.js';
import type { Participant, RoleOnCall } from './call-events.js';
import { CallInHand, inHand, presentOn, transacted, type RecordingContext } from './call-in-hand.js';
import {
  readAnnouncing,
  readJoining,
  readListening,
  readOpening,
  readTelling,
  UNKNOWN,
  type AnnounceOrder,
  type JoinOrder,
  type ListenOrder,
  type OpenOrder,
  type TellOrder,
} from './call-orders.js';
import { insertCall } from './call-store.js';
import { permissionOf } from './missing.js';
import { shownTo } from './recording-policy.js';

/** A call, and the ids of those on it in the order in which they were named. */
export interface OpenedCall {
  readonly id: string;
  readonly participants: readonly string[];
}

/**
 * A call has begun; nothing is recorded. Whether it may be is asked later, and never decides whether it goes on.
 * @throws LetheError `input_invalid`, `access_denied`, `record_unknown`
 */
export async function openCall(context: RecordingContext, call: Call, input: OpenOrder): Promise<OpenedCall> {
  checkCall(call);
  const order = readOpening(input);
  const ticket = keyOfTicket(context, order.ticket);
  return transacted(context, async (tx, intend) => {
    await context.permit(tx, call, `ticket/${ticket}`);
    const [id, at, actor] = [newId('call'), context.clock.now(), await actorId(tx, call.actor.id)];
    await insertCall(tx, id, ticket, at);
    const stored = { id, ticket, openedAt: at, participants: [], events: [], ends: [] };
    const hand = new CallInHand(tx, intend, stored, actor, at);
    await hand.write({ kind: 'opened', at });
    const participants: string[] = [];
    for (const one of order.participants) participants.push(await addTo(hand, context, one));
    return { id, participants };
  });
}

function keyOfTicket({ graph }: RecordingContext, text: string): string {
  const { table, key } = parseRecord(graph, text);
  if (table.concept !== 'ticket')
    throw new LetheError('input_invalid', { what: 'ticket', reason: 'write it like ticket/77' });
  return keyText(key);
}

/** Adds somebody to the call; returns their id there. */
async function addTo(
  hand: CallInHand,
  context: RecordingContext,
  { record, role, place }: Omit<JoinOrder, 'role'> & { readonly role: RoleOnCall },
): Promise<string> {
  const subject = record === UNKNOWN ? unknownAs(role) : await subjectOn(hand.tx, context, record, role);
  const participant: Participant = { id: newId('participant'), subject, role, place: place ?? null };
  await hand.add(participant);
  return participant.id;
}

/** Whoever works here is known: what an employee agrees to is kept with the rest of their consents. */
function unknownAs(role: RoleOnCall): null {
  if (role === 'customer') return null;
  throw new LetheError('input_invalid', { what: 'record', reason: `who is on the call as ${role} is known` });
}

async function subjectOn(
  tx: Tx,
  { graph }: RecordingContext,
  record: string,
  role: RoleOnCall,
): Promise<string> {
  const person = readPerson(graph, record);
  if (role !== 'customer' && !person.isEmployee)
    throw new LetheError('input_invalid', {
      what: 'record',
      reason: `who is on the call as ${role} is an employee`,
    });
  if ((await keepPerson(tx, person)) === null) throw unknownPerson(person);
  return subjectOf(tx, person.concept, person.key);
}

/** Whoever joins, and what their coming changed. */
export interface Joined {
  readonly participant: string;
  /** The recording paused, because the rule of those now on the call is not met; resume it once it is. */
  readonly paused: boolean;
  /** Somebody listened in, and does not any more, because the newcomer was not told. */
  readonly listenersLeft: number;
}

/**
 * Somebody joins a call that goes on. Nobody can be kept from a call, so it is the recording, and the listening, that stop.
 * @throws LetheError `input_invalid`, `access_denied`, `call_unknown`, `call_over`, `record_unknown`
 */
export async function joinCall(
  context: RecordingContext,
  call: Call,
  id: string,
  input: JoinOrder,
): Promise<Joined> {
  const order = readJoining(input);
  return inHand(context, call, id, {}, async (hand) => {
    requireOpen(hand);
    const participant = await addTo(hand, context, order);
    const listeners = presentOn(hand.state).filter(({ role }) => role === 'listener');
    for (const { id: listener } of listeners)
      await hand.write({ kind: 'left', at: hand.at, participant: listener, reason: 'untold' });
    return { participant, paused: await pauseUnlessPermitted(hand), listenersLeft: listeners.length };
  });
}

/** @throws LetheError `access_denied`, `call_unknown`, `participant_unknown` */
export async function leaveCall(
  context: RecordingContext,
  call: Call,
  id: string,
  participant: string,
): Promise<{ readonly paused: boolean }> {
  return inHand(context, call, id, {}, async (hand) => {
    await hand.write({ kind: 'left', at: hand.at, participant: hand.present(participant).id, reason: null });
    return { paused: await pauseUnlessPermitted(hand) };
  });
}

async function pauseUnlessPermitted(hand: CallInHand): Promise<boolean> {
  const { state } = hand;
  if (state.recording === 'off' || permissionOf(state).missing.length === 0) return false;
  const wasOn = state.recording === 'on';
  await hand.write({ kind: 'paused', at: hand.at, reason: 'rule' });
  if (wasOn) await hand.prove('recording.paused', { present: presentOn(state).length });
  return wasOn;
}

/**
 * Those on the call heard that it is recorded. It is enough only where the rule of the place says so, and only if the
 * announcement is part of the recording.
 * @throws LetheError `input_invalid`, `access_denied`, `call_unknown`, `call_over`, `participant_unknown`,
 *   `recording_not_asked`, `consent_wording_unknown`
 */
export async function announceOn(
  context: RecordingContext,
  call: Call,
  id: string,
  input: AnnounceOrder,
): Promise<{ readonly participants: number }> {
  const { participants, inRecording, evidence = null, ...order } = readAnnouncing(input);
  return inHand(context, call, id, {}, async (hand) => {
    requireOpen(hand);
    const { policy, version } = shownTo(await context.policies(hand.tx, hand.at), order, hand.at);
    const shown = {
      policy,
      version,
      wording: order.wording,
      language: order.language,
      evidence,
      inRecording,
    };
    const heard = namedOn(hand, participants);
    for (const participant of heard)
      await hand.write({ kind: 'announced', at: hand.at, participant, ...shown });
    return { participants: heard.length };
  });
}

/**
 * Those on the call were told that somebody may listen in.
 * @throws LetheError `input_invalid`, `access_denied`, `call_unknown`, `call_over`, `participant_unknown`
 */
export async function tellOn(
  context: RecordingContext,
  call: Call,
  id: string,
  input: TellOrder,
): Promise<{ readonly participants: number }> {
  const { participants } = readTelling(input);
  return inHand(context, call, id, {}, async (hand) => {
    requireOpen(hand);
    const told = namedOn(hand, participants);
    for (const participant of told) await hand.write({ kind: 'told', at: hand.at, participant });
    return { participants: told.length };
  });
}

const namedOn = (hand: CallInHand, ids: readonly string[] | undefined): readonly string[] =>
  ids === undefined
    ? presentOn(hand.state).map(({ id }) => id)
    : [...new Set(ids)].map((id) => hand.present(id).id);

/**
 * Somebody listens in: a participant like any other, whose place counts, too. Not before everybody on the call was told.
 * @throws LetheError `listening_untold`, and as joinCall
 */
export async function listenTo(
  context: RecordingContext,
  call: Call,
  id: string,
  input: ListenOrder,
): Promise<Joined> {
  const order = readListening(input);
  return inHand(context, call, id, {}, async (hand) => {
    requireOpen(hand);
    const untold = presentOn(hand.state).filter(({ role, isTold }) => role !== 'listener' && !isTold);
    if (untold.length > 0) throw untoldOn(id, untold);
    const participant = await addTo(hand, context, { ...order, role: 'listener' });
    await hand.prove('call.listened', { present: presentOn(hand.state).length });
    return { participant, paused: await pauseUnlessPermitted(hand), listenersLeft: 0 };
  });
}

const untoldOn = (call: string, untold: readonly { readonly role: RoleOnCall }[]): LetheError =>
  new LetheError('listening_untold', {
    call,
    roles: [...new Set(untold.map(({ role }) => role))].sort().join(', '),
  });

/** Ends the call, and its recording with it. Ending twice is no error. */
export async function endCall(
  context: RecordingContext,
  call: Call,
  id: string,
): Promise<{ readonly id: string }> {
  return inHand(context, call, id, { isObjection: true }, async (hand) => {
    if (!hand.state.isOver) await hand.write({ kind: 'ended', at: hand.at });
    return { id };
  });
}

/** @throws LetheError `call_over` */
export function requireOpen({ state, id }: CallInHand): void {
  if (state.isOver) throw new LetheError('call_over', { call: id });
}
