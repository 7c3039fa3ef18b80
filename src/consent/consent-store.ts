import type { Instant } from '../core/instant.js';
import type { Queryable, Row, Tx } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { Purpose } from '../policy/purposes.js';
import type { AgeState } from './consent-age.js';
import type { ConsentState, Party } from './consent-state.js';

/** One event of a consent, as it is stored; nothing of it ever changes. */
export interface ConsentEvent {
  readonly id: string;
  /** Of the consent it belongs to: the record of ISO/IEC TS 27560. */
  readonly consent: string;
  readonly subject: string;
  readonly purpose: Purpose;
  readonly at: Instant;
  readonly state: ConsentState;
  /** Of a giving: good while the instant is before it. */
  readonly validUntil: Instant | null;
  readonly activity: string;
  readonly policy: string | null;
  /** Digest of the policy's version. */
  readonly version: string | null;
  readonly wording: string | null;
  /** SHA-256 of the privacy notice that was shown. */
  readonly notice: string | null;
  readonly language: string | null;
  readonly method: string | null;
  readonly channel: string | null;
  readonly explicit: boolean;
  readonly by: Party;
  readonly relation: string | null;
  readonly verified: string | null;
  readonly age: AgeState;
  readonly evidence: string | null;
  /** Actor id. */
  readonly actor: string;
}

/** Any number that nobody else takes as the first half of an advisory lock in this database. */
const CONSENT_LOCK = 0x4c455443;

/** Whoever records something of this person and purpose comes one after another; held until the transaction ends. */
export async function lockConsent(tx: Tx, subject: string, purpose: string): Promise<void> {
  const what = `${subject} ${purpose}`;
  await tx.query(sql`select pg_advisory_xact_lock(${CONSENT_LOCK}::int, hashtext(${what}))`);
}

interface EventRow extends Row, Omit<ConsentEvent, 'by' | 'verified' | 'validUntil' | 'consent' | 'subject'> {
  readonly consent_id: string;
  readonly subject_id: string;
  readonly valid_until: Instant | null;
  readonly by_party: Party;
  readonly verified_by: string | null;
}

const SELECT = `select e.*, c.subject_id, c.purpose
  from lethe.consent_event e join lethe.consent c on c.id = e.consent_id`;

function eventOf(row: EventRow): ConsentEvent {
  const { consent_id, subject_id, valid_until, by_party, verified_by, ...same } = row;
  return {
    ...same,
    consent: consent_id,
    subject: subject_id,
    validUntil: valid_until,
    by: by_party,
    verified: verified_by,
  };
}

/** The person's newest event for the purpose; as of an instant, of those until then. */
export async function lastEvent(
  db: Queryable,
  subject: string,
  purpose: string,
  asOf?: Instant,
): Promise<ConsentEvent | null> {
  const { rows } = await db.query<EventRow>(sql`
    ${sql([SELECT])} where c.subject_id = ${subject} and c.purpose = ${purpose}
      and (${asOf ?? null}::timestamptz is null or e.at <= ${asOf ?? null}::timestamptz)
    order by e.number desc limit 1`);
  return rows[0] ? eventOf(rows[0]) : null;
}

/** Everything that was recorded of the person's consents, in its order. */
export async function eventsOf(db: Queryable, subject: string): Promise<readonly ConsentEvent[]> {
  const { rows } = await db.query<EventRow>(sql`
    ${sql([SELECT])} where c.subject_id = ${subject} order by e.number`);
  return rows.map(eventOf);
}

/** The events of one consent, in their order. */
export async function eventsOfConsent(db: Queryable, consent: string): Promise<readonly ConsentEvent[]> {
  const { rows } = await db.query<EventRow>(sql`
    ${sql([SELECT])} where e.consent_id = ${consent} order by e.number`);
  return rows.map(eventOf);
}

/** The event, and the consent it begins unless that is there. The caller holds the lock of person and purpose. */
export async function insertEvent(tx: Tx, event: ConsentEvent): Promise<void> {
  await tx.query(sql`
    insert into lethe.consent (id, subject_id, purpose, started_at)
    values (${event.consent}, ${event.subject}, ${event.purpose}, ${event.at}::timestamptz)
    on conflict do nothing`);
  await tx.query(sql`
    insert into lethe.consent_event (
      id, consent_id, at, state, valid_until, activity, policy, version, wording, notice, language, method, channel,
      explicit, by_party, relation, verified_by, age, evidence, actor)
    values (
      ${event.id}, ${event.consent}, ${event.at}::timestamptz, ${event.state}, ${event.validUntil}::timestamptz,
      ${event.activity}, ${event.policy}, ${event.version}, ${event.wording}, ${event.notice}, ${event.language},
      ${event.method}, ${event.channel}, ${event.explicit}, ${event.by}, ${event.relation}, ${event.verified},
      ${event.age}, ${event.evidence}, ${event.actor})`);
}
