import type { Instant } from '../core/instant.js';
import type { CallEvent, ConsentEnd, Participant, PauseReason, RoleOnCall } from './call-events.js';

/** What is known of one participant at the end of the events. */
export interface OnCall {
  readonly id: string;
  readonly role: RoleOnCall;
  readonly place: string | null;
  /** On the call now. */
  isPresent: boolean;
  /** Heard an announcement that is part of the recording. */
  isAnnounced: boolean;
  hasConsented: boolean;
  /** The consent of a person who is known. */
  consent: string | null;
  /** Refused or withdrew, and did not consent since. */
  objects: boolean;
  /** Knows that somebody may listen in. */
  isTold: boolean;
}

/** A time in which the recording ran. */
export interface Interval {
  readonly from: Instant;
  /** Null: it runs. */
  to: Instant | null;
  /** Ids of those who could be heard. */
  readonly heard: Set<string>;
  /** Somebody who could be heard objected since: what was not stored by then never is. */
  isBarred: boolean;
}

/** What a call is after its events. */
export interface CallState {
  readonly participants: ReadonlyMap<string, OnCall>;
  readonly intervals: readonly Interval[];
  recording: 'off' | 'on' | 'paused';
  /** Why it is paused. */
  readonly pausedFor: Set<PauseReason>;
  isOver: boolean;
}

/** A consent that ended elsewhere is an event of the call, too. */
type Step = CallEvent | ({ readonly kind: 'consent-ended' } & ConsentEnd);

/**
 * Everything about a call follows from its events and from what became of the consents given on it: nothing is stored besides.
 * @param events in their order; of those at the same instant as the end of a consent, the end is the last
 * @param now ends of consents after it have not happened yet
 */
export function callState(
  participants: readonly Participant[],
  events: readonly CallEvent[],
  ends: readonly ConsentEnd[],
  now: Instant,
): CallState {
  const state: Draft = {
    ends: new Map(ends.map((end) => [end.consent, end])),
    participants: new Map(participants.map((one) => [one.id, newcomer(one)])),
    intervals: [],
    recording: 'off',
    pausedFor: new Set(),
    isOver: false,
  };
  for (const step of inOrder(events, ends, now)) take(state, step);
  return state;
}

const newcomer = ({ id, role, place }: Participant): OnCall => ({
  id,
  role,
  place,
  isPresent: false,
  isAnnounced: false,
  hasConsented: false,
  consent: null,
  objects: false,
  isTold: false,
});

/**
 * Clocks of two processes may differ, the order of what they wrote does not: a consent ends after it was given, and one that
 * somebody ended has ended, whatever the clock here says.
 */
function inOrder(events: readonly CallEvent[], ends: readonly ConsentEnd[], now: Instant): readonly Step[] {
  const given = new Map(
    events.flatMap((one) => (one.kind === 'consented' ? [[one.consent, one.at] as const] : [])),
  );
  const happened = ends
    .map((end) => ({ kind: 'consent-ended', ...end, at: later(end.at, given.get(end.consent)) }) as const)
    .filter(({ at, isExpiry }) => !isExpiry || at <= now);
  // the sort is stable: events stay in their own order
  return [...events, ...happened].sort((a, b) => Number(a.at > b.at) - Number(a.at < b.at));
}

const later = (a: Instant, b: Instant | undefined): Instant => (b !== undefined && b > a ? b : a);

type Draft = CallState & {
  readonly intervals: Interval[];
  readonly ends: ReadonlyMap<string, ConsentEnd>;
};

function take(state: Draft, step: Step): void {
  if (step.kind === 'consent-ended') endConsent(state, step);
  else if ('participant' in step) takeFrom(state, step);
  else takeRecording(state, step);
}

function takeRecording(state: Draft, step: Exclude<CallEvent, { participant: string }>): void {
  switch (step.kind) {
    case 'started': {
      run(state, step.at);
      return;
    }
    case 'resumed':
      state.pausedFor.delete(step.reason);
      if (state.pausedFor.size === 0) run(state, step.at);
      return;
    case 'paused':
      halt(state, 'paused', step.at);
      state.pausedFor.add(step.reason);
      return;
    case 'stopped': {
      halt(state, 'off', step.at);
      return;
    }
    case 'ended':
      state.isOver = true;
      {
        halt(state, 'off', step.at);
        return;
      }
    case 'opened':
    case 'stored':
      return;
  }
}

/** Where somebody objects, the start was written first, by a clock that is ahead: nobody starts then. */
function run(state: Draft, at: Instant): void {
  if (isObjectedTo(state)) {
    halt(state, 'off', at);
    return;
  }
  state.recording = 'on';
  state.intervals.push({ from: at, to: null, heard: presentIn(state), isBarred: false });
}

const isObjectedTo = ({ participants }: Draft): boolean =>
  [...participants.values()].some(({ isPresent, objects }) => isPresent && objects);

const presentIn = ({ participants }: Draft): Set<string> =>
  new Set([...participants.values()].filter(({ isPresent }) => isPresent).map(({ id }) => id));

function halt(state: Draft, recording: 'off' | 'paused', at: Instant): void {
  const last = state.intervals.at(-1);
  if (last?.to === null) last.to = at;
  state.recording = recording;
  if (recording === 'off') state.pausedFor.clear();
}

function takeFrom(state: Draft, step: Extract<CallEvent, { participant: string }>): void {
  const person = state.participants.get(step.participant);
  if (!person) return;
  switch (step.kind) {
    case 'joined':
      person.isPresent = true;
      if (state.recording === 'on') state.intervals.at(-1)?.heard.add(person.id);
      return;
    case 'left':
      person.isPresent = false;
      return;
    case 'announced':
      person.isAnnounced ||= step.inRecording;
      return;
    case 'told':
      person.isTold = true;
      return;
    case 'consented':
      endEarlier(state, person, step);
      Object.assign(person, { hasConsented: true, objects: false, consent: step.consent });
      return;
    case 'refused':
    case 'withdrawn': {
      object(state, person, step.at);
      return;
    }
  }
}

/** From then on nothing is recorded while they are there, and nothing they can be heard in is stored any more. */
function object(state: Draft, person: OnCall, at: Instant): void {
  Object.assign(person, { hasConsented: false, objects: true, consent: null });
  for (const interval of state.intervals) if (interval.heard.has(person.id)) interval.isBarred = true;
  if (person.isPresent) halt(state, 'off', at);
}

/** Another consent than the one before: that has ended, though perhaps in the same instant, or by a clock that is ahead. */
function endEarlier(
  state: Draft,
  { consent }: OnCall,
  step: Extract<CallEvent, { kind: 'consented' }>,
): void {
  const end = consent === null || consent === step.consent ? undefined : state.ends.get(consent);
  if (end) endConsent(state, { ...end, at: step.at });
}

function endConsent(state: Draft, { consent, at, isExpiry }: ConsentEnd): void {
  const person = [...state.participants.values()].find((one) => one.consent === consent);
  if (!person) return;
  if (!isExpiry) {
    object(state, person, at);
    return;
  }
  // what was recorded while it held stays what it was
  Object.assign(person, { hasConsented: false, consent: null });
  if (person.isPresent) halt(state, 'off', at);
}
