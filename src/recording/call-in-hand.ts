import type { Call } from '../access/call.js';
import { checkCall } from '../access/check-call.js';
import { lockConsent } from '../consent/consent-store.js';
import type { Clock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import type { Instant } from '../core/instant.js';
import type { MapGraph } from '../datamap/graph.js';
import type { Encryption } from '../encryption/encryption.js';
import type { Database, Queryable, Tx } from '../db/database.js';
import { actorId } from '../ledger/actor-directory.js';
import { appendEntry } from '../ledger/append.js';
import { journaled, type Intend } from '../ledger/journaled.js';
import type { PoliciesByKind } from '../policy/policy.js';
import type { Vault } from '../vault/vault.js';
import type { CallEvent, Participant } from './call-events.js';
import { callState, type CallState, type OnCall } from './call-state.js';
import {
  consentsNamed,
  insertCallEvent,
  insertParticipant,
  loadCall,
  lockCall,
  type StoredCall,
} from './call-store.js';

/** What the recording of calls works with. */
export interface RecordingContext {
  readonly db: Database;
  readonly graph: MapGraph;
  readonly clock: Clock;
  /** Knows of every withdrawal before it commits. */
  readonly vault: Vault | null;
  /** Stores the sound. */
  readonly encryption: Encryption;
  /** Of every kind, in force at an instant; now, where none is given. */
  readonly policies: (on?: Queryable, at?: Instant) => Promise<PoliciesByKind>;
  /** Throws `access_denied` unless the caller may write something down about the ticket (`ticket/77`). */
  permit(tx: Tx, call: Call, ticket: string): Promise<void>;
  /** Runs what asks by `permit`, and makes its denial durable. */
  recordingDenials<T>(work: () => Promise<T>): Promise<T>;
}

/** One call, locked: what is written about it is in the state at once. */
export class CallInHand {
  private readonly written: CallEvent[] = [];
  private readonly joined: Participant[] = [];
  private latest: Instant;

  constructor(
    readonly tx: Tx,
    readonly intend: Intend,
    readonly stored: StoredCall,
    /** Its id. */
    readonly actor: string,
    now: Instant,
  ) {
    const ended = stored.ends.flatMap(({ at, isExpiry }) => (isExpiry ? [] : [at]));
    // two clocks may differ; the order of the events does not
    this.latest = [...stored.events.map(({ at }) => at), ...ended].reduce((a, b) => (a > b ? a : b), now);
  }

  get id(): string {
    return this.stored.id;
  }

  /** No earlier than anything that was written about the call. */
  get at(): Instant {
    return this.latest;
  }

  get state(): CallState {
    const { participants, events, ends } = this.stored;
    return callState([...participants, ...this.joined], [...events, ...this.written], ends, this.latest);
  }

  async write(event: CallEvent): Promise<void> {
    if (event.at > this.latest) this.latest = event.at;
    await insertCallEvent(this.tx, this.id, this.actor, event);
    this.written.push(event);
  }

  async add(participant: Participant): Promise<void> {
    await insertParticipant(this.tx, this.id, participant);
    this.joined.push(participant);
    await this.write({ kind: 'joined', at: this.at, participant: participant.id });
  }

  /** The participant, who is on the call, and who they are. Throws `participant_unknown`. */
  present(id: string): OnCall & Participant {
    const found = this.participant(id);
    if (!found.isPresent) throw this.unknown(id);
    return found;
  }

  /** The same for one who may have left. */
  participant(id: string): OnCall & Participant {
    const found = this.state.participants.get(id);
    const known = [...this.stored.participants, ...this.joined].find((one) => one.id === id);
    if (!found || !known) throw this.unknown(id);
    return { ...found, subject: known.subject };
  }

  /** Counts and the call's random id; nobody's name. */
  async prove(kind: string, counts: Readonly<Record<string, number>>, policy?: string): Promise<void> {
    await appendEntry(this.tx, {
      kind,
      at: this.at,
      actor: this.actor,
      about: { call: this.id },
      counts,
      ...(policy === undefined ? {} : { digests: { policy } }),
    });
  }

  private unknown(id: string): LetheError {
    // an id of ours says nothing of a person; what else a caller put there might
    const participant = /^participant-[a-z0-9]{10}$/.test(id) ? id : 'such a participant';
    return new LetheError('participant_unknown', { participant, call: this.id });
  }
}

/** Those on the call now. */
export const presentOn = ({ participants }: Pick<CallState, 'participants'>): readonly OnCall[] =>
  [...participants.values()].filter(({ isPresent }) => isPresent);

export interface HandOptions {
  /** Objecting takes no permission: whoever was given the call's id may say so for a participant. */
  readonly isObjection?: boolean;
  /** Nobody ends one of the consents given on the call until the transaction has. */
  readonly locksConsents?: boolean;
}

/**
 * Takes a call in hand, does something with it, and commits: one after another, in whatever process.
 * @throws LetheError `call_unknown`, `access_denied`, `input_invalid`
 */
export async function inHand<T>(
  context: RecordingContext,
  call: Call,
  id: string,
  { isObjection = false, locksConsents = false }: HandOptions,
  work: (hand: CallInHand) => Promise<T>,
): Promise<T> {
  checkCall(call);
  if (!isCallId(id)) throw unknownCall(id);
  return transacted(context, async (tx, intend) => {
    await lockCall(tx, id);
    const found = await loadCall(tx, id);
    if (found === null) throw unknownCall(id);
    if (!isObjection) await context.permit(tx, call, `ticket/${found.ticket}`);
    const stored = locksConsents ? await withConsentsLocked(tx, found) : found;
    return work(new CallInHand(tx, intend, stored, await actorId(tx, call.actor.id), context.clock.now()));
  });
}

/** A transaction that may write privacy acts, and whose denial is recorded though nothing else is. */
export const transacted = <T>(
  context: RecordingContext,
  work: (tx: Tx, intend: Intend) => Promise<T>,
): Promise<T> =>
  context.recordingDenials(() => journaled(context.vault, (inside) => context.db.transaction(inside), work));

export const isCallId = (id: string): boolean => /^call-[a-z0-9]{10}$/.test(id);

/** Only what may be an id of ours is repeated. */
export const unknownCall = (id: string): LetheError =>
  new LetheError('call_unknown', { call: isCallId(id) ? id : '' });

/** What was read before the locks may have ended meanwhile, so it is read again. */
async function withConsentsLocked(tx: Tx, call: StoredCall): Promise<StoredCall> {
  const given = call.events.flatMap((one) =>
    one.kind === 'consented' && one.consent !== null ? [one.consent] : [],
  );
  for (const { subject, purpose } of await consentsNamed(tx, given)) await lockConsent(tx, subject, purpose);
  return given.length === 0 ? call : ((await loadCall(tx, call.id)) ?? call);
}
