import type { Instant } from '../core/instant.js';
import type { Queryable, Row, Tx } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { Encryption } from '../encryption/encryption.js';
import { newRow } from '../encryption/new-rows.js';
import type { Purpose } from '../policy/purposes.js';
import type {
  CallEvent,
  CallEventFields,
  ConsentEnd,
  Participant,
  PauseReason,
  StopReason,
} from './call-events.js';

/** A call as it is stored: what follows from it, callState says. */
export interface StoredCall {
  readonly id: string;
  /** Key of the ticket. */
  readonly ticket: string;
  readonly openedAt: Instant;
  readonly participants: readonly Participant[];
  /** In their order. */
  readonly events: readonly CallEvent[];
  /** Of the consents given on it. */
  readonly ends: readonly ConsentEnd[];
}

interface CallRow extends Row {
  readonly ticket: string;
  readonly opened_at: Instant;
}

/** Whoever changes something about the call comes one after another; held until the transaction ends. */
export async function lockCall(tx: Tx, id: string): Promise<void> {
  await tx.query(sql`select from lethe.call where id = ${id} for update`);
}

/** Null: there is no such call. */
export async function loadCall(db: Queryable, id: string): Promise<StoredCall | null> {
  const { rows } = await db.query<CallRow>(sql`select ticket, opened_at from lethe.call where id = ${id}`);
  const [call] = rows;
  if (!call) return null;
  const events = await eventsOfCall(db, id);
  return {
    id,
    ticket: call.ticket,
    openedAt: call.opened_at,
    participants: await participantsOf(db, id),
    events,
    ends: await endsOf(db, events),
  };
}

async function participantsOf(db: Queryable, call: string): Promise<readonly Participant[]> {
  const { rows } = await db.query<Row & Omit<Participant, 'subject'> & { subject_id: string | null }>(sql`
    select id, subject_id, role, place from lethe.call_participant where call_id = ${call} order by id`);
  return rows.map(({ id, subject_id, role, place }) => ({ id, subject: subject_id, role, place }));
}

interface EventRow extends Row {
  readonly participant_id: string | null;
  readonly at: Instant;
  readonly kind: CallEvent['kind'];
  readonly reason: string | null;
  readonly in_recording: boolean | null;
  readonly policy: string | null;
  readonly version: string | null;
  readonly wording: string | null;
  readonly language: string | null;
  readonly method: string | null;
  readonly consent: string | null;
  readonly recording: string | null;
  readonly evidence: string | null;
}

async function eventsOfCall(db: Queryable, call: string): Promise<readonly CallEvent[]> {
  const { rows } = await db.query<EventRow>(sql`
    select participant_id, at, kind, reason, in_recording, policy, version, wording, language, method, consent, recording, evidence
    from lethe.call_event where call_id = ${call} order by number`);
  return rows.map(eventOf);
}

/** The table's checks hold which fields go with which kind. */
function eventOf(row: EventRow): CallEvent {
  const { kind, at, evidence, consent } = row;
  const participant = row.participant_id ?? '';
  const shown = {
    policy: row.policy ?? '',
    version: row.version ?? '',
    wording: row.wording ?? '',
    language: row.language ?? '',
    evidence,
  };
  switch (kind) {
    case 'opened':
    case 'started':
    case 'ended':
      return { kind, at };
    case 'paused':
    case 'resumed':
      return { kind, at, reason: row.reason as PauseReason };
    case 'stopped':
      return { kind, at, reason: row.reason as StopReason };
    case 'stored':
      return { kind, at, recording: row.recording ?? '' };
    case 'left':
      return { kind, at, participant, reason: row.reason as 'untold' | null };
    case 'announced':
      return { kind, at, participant, inRecording: row.in_recording ?? false, ...shown };
    case 'consented':
      return { kind, at, participant, ...shown, method: row.method ?? '', consent };
    case 'joined':
    case 'refused':
    case 'withdrawn':
    case 'told':
      return { kind, at, participant };
  }
}

interface EndRow extends Row {
  readonly consent: string;
  readonly at: Instant;
  readonly valid_until: Instant | null;
}

/** What was recorded last of each consent. One that is gone proves nothing any more: it ended when it was given. */
async function endsOf(db: Queryable, events: readonly CallEvent[]): Promise<readonly ConsentEnd[]> {
  const given = events.flatMap((one) =>
    one.kind === 'consented' && one.consent !== null ? [{ consent: one.consent, at: one.at }] : [],
  );
  if (given.length === 0) return [];
  const { rows } = await db.query<EndRow>(sql`
    select distinct on (consent_id) consent_id as consent, at, valid_until from lethe.consent_event
    where consent_id = any(${given.map(({ consent }) => consent)}::uuid[])
    order by consent_id, number desc`);
  const known = new Map(rows.map((row) => [row.consent, row]));
  return given.map(({ consent, at }) => endOf(consent, known.get(consent), at));
}

const endOf = (consent: string, last: EndRow | undefined, given: Instant): ConsentEnd =>
  last === undefined
    ? { consent, at: given, isExpiry: false }
    : { consent, at: last.valid_until ?? last.at, isExpiry: last.valid_until !== null };

export async function insertCall(tx: Tx, id: string, ticket: string, at: Instant): Promise<void> {
  await tx.query(sql`
    insert into lethe.call (id, ticket, opened_at) values (${id}, ${ticket}, ${at}::timestamptz)`);
}

export async function insertParticipant(tx: Tx, call: string, one: Participant): Promise<void> {
  await tx.query(sql`
    insert into lethe.call_participant (id, call_id, subject_id, role, place)
    values (${one.id}, ${call}, ${one.subject}, ${one.role}, ${one.place})`);
}

/** @param actor its id */
export async function insertCallEvent(tx: Tx, call: string, actor: string, event: CallEvent): Promise<void> {
  const one: CallEventFields = event;
  await tx.query(sql`
    insert into lethe.call_event (
      call_id, participant_id, at, kind, reason, in_recording, policy, version, wording, language, method, consent, recording,
      evidence, actor)
    values (
      ${call}, ${one.participant ?? null}, ${one.at}::timestamptz, ${one.kind}, ${one.reason ?? null}, ${one.inRecording ?? null},
      ${one.policy ?? null}, ${one.version ?? null}, ${one.wording ?? null}, ${one.language ?? null}, ${one.method ?? null},
      ${one.consent ?? null}, ${one.recording ?? null}, ${one.evidence ?? null}, ${actor})`);
}

/** Who consented to what, in one order for everybody who locks several. */
export async function consentsNamed(
  db: Queryable,
  ids: readonly string[],
): Promise<readonly { readonly subject: string; readonly purpose: Purpose }[]> {
  const { rows } = await db.query<Row & { subject: string; purpose: Purpose }>(sql`
    select distinct subject_id as subject, purpose from lethe.consent where id = any(${ids}::uuid[])
    order by subject_id, purpose`);
  return rows;
}

/** The record a person has in the ticket system, `customer/12`; null: erased since. */
export async function recordOfSubject(db: Queryable, subject: string): Promise<string | null> {
  const { rows } = await db.query<Row & { name: string }>(sql`
    select record || '/' || key as name from lethe.subject_record where subject_id = ${subject}
    order by record, key limit 1`);
  return rows[0]?.name ?? null;
}

/** Stores sound with the ticket; returns its key. @throws LetheError as Encryption.encrypt */
export async function insertRecording(
  encryption: Encryption,
  tx: Tx,
  ticket: string,
  { mediaType, content, seconds, startedAt }: StoredSound,
): Promise<string> {
  const place = { table: 'call_recordings', owner: { record: 'ticket', key: ticket } };
  const { key, values } = await newRow(encryption, tx, place, { content });
  const { rows } = await tx.query<Row & { id: string }>(sql`
    insert into desk.call_recordings (id, ticket_id, media_type, content, duration_seconds, started_at)
    values (${key}, ${ticket}::bigint, ${mediaType}, ${values.content}, ${seconds}, ${startedAt}::timestamptz)
    returning id`);
  return rows[0]?.id ?? '';
}

export interface StoredSound {
  readonly mediaType: string;
  readonly content: Uint8Array;
  readonly seconds: number;
  readonly startedAt: Instant;
}
