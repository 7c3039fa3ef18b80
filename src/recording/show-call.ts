import type { Instant } from '../core/instant.js';
import type { PauseReason, RoleOnCall } from './call-events.js';
import { callState } from './call-state.js';
import { isCallId, presentOn, unknownCall, type RecordingContext } from './call-in-hand.js';
import { loadCall } from './call-store.js';
import { permissionOf, type Missing } from './missing.js';
import type { PlaceRule } from './places.js';

/** A call for showing: roles and places, nobody's name, and never who refused. */
export interface ShownCall {
  readonly id: string;
  readonly ticket: string;
  readonly openedAt: Instant;
  readonly isOver: boolean;
  /** Whoever records asks for this: what is not `on` now must not be recorded now. */
  readonly recording: 'off' | 'on' | 'paused';
  readonly pausedFor: readonly PauseReason[];
  readonly participants: readonly ShownParticipant[];
  /** The strictest rule among the places of those on the call. */
  readonly rule: PlaceRule;
  readonly missing: readonly Missing[];
  /** When the recording ran; `to` is null while it does. */
  readonly recorded: readonly { readonly from: Instant; readonly to: Instant | null }[];
  /** How many sounds were stored. */
  readonly stored: number;
}

export interface ShownParticipant {
  readonly id: string;
  readonly role: RoleOnCall;
  readonly place: string | null;
}

/** @throws LetheError `call_unknown` */
export async function showCall(
  { db, clock }: Pick<RecordingContext, 'db' | 'clock'>,
  id: string,
): Promise<ShownCall> {
  const stored = isCallId(id) ? await loadCall(db, id) : null;
  if (stored === null) throw unknownCall(id);
  const { participants, events, ends, ticket, openedAt } = stored;
  const state = callState(participants, events, ends, clock.now());
  const { requirement, missing } = permissionOf(state);
  return {
    id,
    ticket: `ticket/${ticket}`,
    openedAt,
    isOver: state.isOver,
    recording: state.recording,
    pausedFor: [...state.pausedFor].sort(),
    participants: presentOn(state).map((one) => ({ id: one.id, role: one.role, place: one.place })),
    rule: requirement.rule,
    missing,
    recorded: state.intervals.map(({ from, to }) => ({ from, to })),
    stored: events.filter(({ kind }) => kind === 'stored').length,
  };
}
