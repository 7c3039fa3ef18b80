import type { Call } from '../access/call.js';
import { LetheError } from '../core/errors.js';
import { encryptionBegun } from '../encryption/state.js';
import { toMicros, type Instant } from '../core/instant.js';
import type { CallState, Interval } from './call-state.js';
import { inHand, type CallInHand, type RecordingContext } from './call-in-hand.js';
import { readStoring, type Segments, type StoreOrder } from './call-orders.js';
import { insertRecording } from './call-store.js';

/**
 * Stores sound of the call with its ticket, during the call or after it. Every segment lies inside one time in which the
 * recording ran, and nobody who can be heard in it objected since; the sound is no longer than its segments.
 * @throws LetheError `recording_not_stored`, `input_invalid`, `access_denied`, `call_unknown`, and as Encryption.encrypt
 */
export async function storeRecording(
  context: RecordingContext,
  call: Call,
  id: string,
  input: StoreOrder,
): Promise<{ readonly recording: string }> {
  const { segments, seconds, content, mediaType } = readStoring(input);
  const [first] = segments;
  if (!first) throw new TypeError('the order was read with a segment');
  const store = () =>
    inHand(context, call, id, { locksConsents: true }, async (hand) => {
      for (const [index, one] of segments.entries()) requireRecorded(hand, one, `segment ${index + 1}`);
      requireNoLonger(hand, segments, seconds);
      const sound = { mediaType, content, seconds, startedAt: first.from };
      const key = await insertRecording(context.encryption, hand.tx, hand.stored.ticket, sound);
      await hand.write({ kind: 'stored', at: hand.at, recording: key });
      await hand.prove('recording.stored', { segments: segments.length, seconds });
      return { recording: `recording/${key}` };
    });
  // one that began before encryption did would have stored in the clear
  return store().catch((error: unknown) =>
    encryptionBegun(error) ? store() : Promise.reject(error as Error),
  );
}

type Segment = Segments[number];

function requireRecorded(hand: CallInHand, segment: Segment, what: string): void {
  const around = intervalAround(hand.state, segment, hand.at);
  if (!around) throw notStored(hand, what, 'is not inside a time in which the recording ran');
  if (around.isBarred) throw notStored(hand, what, 'has somebody in it who objected since');
}

/** One that runs has lasted until now. */
export const intervalAround = (
  { intervals }: Pick<CallState, 'intervals'>,
  { from, to }: Segment,
  now: Instant,
): Interval | undefined => intervals.find((one) => one.from <= from && to <= (one.to ?? now));

const SECOND = 1_000_000n;

/** A second is forgiven: players round up. */
function requireNoLonger(hand: CallInHand, segments: Segments, seconds: number): void {
  const micros = segments.reduce((sum, { from, to }) => sum + toMicros(to) - toMicros(from), 0n);
  if (BigInt(seconds) * SECOND >= micros + SECOND)
    throw notStored(hand, 'the sound', 'is longer than its segments, so it holds something else, too');
}

const notStored = ({ id }: CallInHand, what: string, why: string): LetheError =>
  new LetheError('recording_not_stored', { call: id, what, why });
