import type { Call } from '../access/call.js';
import { LetheError } from '../core/errors.js';
import type { PauseReason } from './call-events.js';
import { inHand, presentOn, type CallInHand, type RecordingContext } from './call-in-hand.js';
import { readPausing, readResuming, type PauseOrder, type ResumeOrder } from './call-orders.js';
import { permissionOf, type Missing, type Permission } from './missing.js';
import { requireOpen } from './on-call.js';
import { recordingPolicy } from './recording-policy.js';

/** The consents it rests on stay as they are until the commit. */
const RESTING = { locksConsents: true } as const;

/**
 * From the commit on the call may be recorded. The rule of each place is asked for now, with everybody who is on the call.
 * @throws LetheError `recording_not_permitted`, which names what is missing by role; `access_denied`, `call_unknown`,
 *   `call_over`, `recording_not_asked`, `consent_not_asked`, `recording_state`
 */
export async function startRecording(
  context: RecordingContext,
  call: Call,
  id: string,
): Promise<{ readonly id: string }> {
  return inHand(context, call, id, RESTING, async (hand) => {
    requireOpen(hand);
    requireState(hand, 'off', 'be started');
    const version = await requirePermitted(hand, context);
    await hand.write({ kind: 'started', at: hand.at });
    await hand.prove('recording.started', countsOf(hand), version);
    return { id };
  });
}

/**
 * While a card is read out. The sound of a pause is stored by nobody (PCI DSS 3.3.1).
 * @throws LetheError `recording_state` when nothing is being recorded
 */
export async function pauseRecording(
  context: RecordingContext,
  call: Call,
  id: string,
  input: PauseOrder,
): Promise<{ readonly id: string }> {
  const { reason } = readPausing(input);
  // whoever asks for less sound needs no permission
  return inHand(context, call, id, { isObjection: true }, async (hand) => {
    const { recording, pausedFor } = hand.state;
    if (recording === 'off') throw stateError(hand, 'be paused');
    if (pausedFor.has(reason)) return { id };
    await hand.write({ kind: 'paused', at: hand.at, reason });
    await hand.prove('recording.paused', countsOf(hand));
    return { id };
  });
}

/**
 * Ends a pause. Paused for two reasons, it stays paused until both have ended; then the rule must be met as for a start.
 * @throws LetheError as startRecording
 */
export async function resumeRecording(
  context: RecordingContext,
  call: Call,
  id: string,
  input: ResumeOrder = {},
): Promise<{ readonly id: string; readonly recording: 'on' | 'paused' }> {
  const order = readResuming(input);
  return inHand(context, call, id, RESTING, async (hand) => {
    requireOpen(hand);
    requireState(hand, 'paused', 'be resumed');
    const reason = reasonToEnd(hand, order.reason);
    const isLast = hand.state.pausedFor.size === 1;
    const version = isLast ? await requirePermitted(hand, context) : undefined;
    await hand.write({ kind: 'resumed', at: hand.at, reason });
    if (isLast) await hand.prove('recording.resumed', countsOf(hand), version);
    return { id, recording: isLast ? 'on' : 'paused' };
  });
}

function reasonToEnd(hand: CallInHand, named: PauseReason | undefined): PauseReason {
  const reasons = [...hand.state.pausedFor];
  const [only] = reasons;
  const reason = named ?? (reasons.length === 1 ? only : undefined);
  if (reason === undefined || !reasons.includes(reason))
    throw new LetheError('recording_state', {
      call: hand.id,
      state: `paused for ${reasons.join(' and ')}`,
      deed: 'be resumed without naming one of these',
    });
  return reason;
}

/** Stopping what does not run is no error. */
export async function stopRecording(
  context: RecordingContext,
  call: Call,
  id: string,
): Promise<{ readonly id: string }> {
  return inHand(context, call, id, { isObjection: true }, async (hand) => {
    if (hand.state.recording === 'off') return { id };
    await hand.write({ kind: 'stopped', at: hand.at, reason: 'order' });
    await hand.prove('recording.stopped', countsOf(hand));
    return { id };
  });
}

const countsOf = ({ state }: CallInHand): Readonly<Record<string, number>> => ({
  present: presentOn(state).length,
  intervals: state.intervals.length,
});

function requireState(hand: CallInHand, state: 'off' | 'paused', deed: string): void {
  if (hand.state.recording !== state) throw stateError(hand, deed);
}

const stateError = ({ id, state }: CallInHand, deed: string): LetheError =>
  new LetheError('recording_state', { call: id, state: state.recording, deed });

/** Returns the digest of the policy's version it rests on. */
async function requirePermitted(hand: CallInHand, { policies }: RecordingContext): Promise<string> {
  const { policy } = recordingPolicy(await policies(hand.tx, hand.at));
  const permission = permissionOf(hand.state);
  if (permission.missing.length > 0) throw notPermitted(hand.id, permission);
  return policy.digest;
}

function notPermitted(call: string, { requirement, missing }: Permission): LetheError {
  const { place, says, cite, verified } = requirement.rule;
  return new LetheError('recording_not_permitted', {
    call,
    missing: missing.map(missingLine).join(', '),
    place,
    rule: says,
    cite,
    verified: verified ? 'verified' : 'not verified',
  });
}

const missingLine = ({ role, lacks }: Missing): string =>
  lacks === 'consent'
    ? `the consent of ${wordFor(role)}`
    : `an announcement, in the recording, to ${wordFor(role)}`;

const wordFor = (role: Missing['role']): string =>
  role === 'anybody' ? 'anybody on the call' : `the ${role}`;
