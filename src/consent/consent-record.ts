import { LetheError } from '../core/errors.js';
import type { Instant } from '../core/instant.js';
import type { MapGraph } from '../datamap/graph.js';
import type { PoliciesByKind } from '../policy/policy.js';
import { askedFor } from './consent-basis.js';
import { askedBy, FIELD_CONTEXT, missingFields, type RecordPart } from './consent-fields.js';
import { partiesOf, type RecordParties, type RecordParty } from './consent-parties.js';
import { processingOf } from './consent-processing.js';
import { isHolding, stateAt, type Party } from './consent-state.js';
import type { ConsentEvent } from './consent-store.js';

const PROFILE = 'https://w3id.org/dpv/schema/dpv-27560#';

/** A consent as ISO/IEC TS 27560 and its DPV profile for the GDPR write it; JSON-LD. */
export interface ConsentRecord {
  readonly '@context': Readonly<Record<string, string>>;
  readonly schema_version: string;
  readonly record_id: string;
  readonly pii_principal_id: string;
  readonly processing: Readonly<Record<string, unknown>>;
  readonly parties: readonly RecordParty[];
  readonly events: readonly RecordEvent[];
}

export interface RecordEvent {
  readonly event_time: Instant;
  /** An interval of ISO 8601; of an event that permits nothing, `P0D`. */
  readonly validity_duration: string;
  readonly entity_id: string;
  readonly event_type: string;
  readonly event_state: string;
}

/** What was handed to the person: the record with a number of its own. */
export interface ConsentReceipt {
  readonly '@context': Readonly<Record<string, string>>;
  readonly schema_version: string;
  /** The id of the event it confirms. */
  readonly receipt_id: string;
  readonly 'dct:created': Instant;
  readonly records: readonly ConsentRecord[];
}

/** The events of one consent, oldest first, and what was in force when its terms were shown. */
export interface RecordSource {
  readonly graph: MapGraph;
  readonly policies: PoliciesByKind;
  /** The person's record, for messages. */
  readonly person: string;
  readonly events: readonly ConsentEvent[];
  readonly terms: ConsentEvent;
  readonly asOf: Instant;
}

/** The event whose terms a record tells: the newest that shows a wording, a giving before all others. */
export const termsAmong = (events: readonly ConsentEvent[]): ConsentEvent | null =>
  events.findLast(({ state }) => isHolding(state)) ??
  events.findLast(({ wording }) => wording !== null) ??
  events.at(-1) ??
  null;

/**
 * Builds the record from the policies of the time, and refuses what would lack a mandatory field.
 * @throws LetheError `consent_record_incomplete`, `consent_not_asked` (what asked for it was not in force)
 */
export function consentRecord(source: RecordSource): ConsentRecord {
  const { graph, policies, person, events, terms, asOf } = source;
  const refuse = refusing(source);
  const asked = askedFor(policies, terms.purpose);
  if (terms.version !== asked.policy.digest)
    throw refuse(
      'processing',
      'privacy_notice',
      'the version that was shown is not the one that was in force then',
    );
  const organisation = policies.organisation.find(
    ({ id }) => id === asked.activity.entry.organisation,
  )?.entry;
  if (!organisation)
    throw refuse(
      'processing',
      'pii_controllers',
      `organisation ${asked.activity.entry.organisation} is not in force`,
    );
  const parties = partiesOf(organisation, asked.activity.entry);
  const record: ConsentRecord = {
    '@context': FIELD_CONTEXT,
    schema_version: `${PROFILE}record-eu-gdpr`,
    record_id: terms.consent,
    pii_principal_id: terms.subject,
    processing: processingOf({ graph, policies, asked, organisation, parties, terms }),
    parties: [...parties.controllers, parties.authority, ...parties.recipients],
    events: eventsUntil(events, asOf).map((event) => recordEvent(event, parties)),
  };
  requireComplete(record, refuse, person);
  return record;
}

type Refuse = (part: RecordPart, field: string, why: string) => LetheError;

const refusing =
  ({ person, terms }: RecordSource): Refuse =>
  (part, field, why) =>
    new LetheError('consent_record_incomplete', {
      record: person,
      purpose: terms.purpose,
      field,
      source: askedBy[missingFields(part, {}).find((one) => one.field === field)?.asked ?? 'iso'],
      why,
    });

/** With its expiry, where nobody has written that down. */
function eventsUntil(events: readonly ConsentEvent[], asOf: Instant): readonly ConsentEvent[] {
  const last = events.at(-1);
  if (!last?.validUntil || stateAt(last, asOf) === last.state) return events;
  return [
    ...events,
    { ...last, at: last.validUntil, state: 'dpv:ConsentExpired', validUntil: null, by: 'controller' },
  ];
}

function recordEvent(event: ConsentEvent, parties: RecordParties): RecordEvent {
  const { at, validUntil, explicit, state } = event;
  return {
    event_time: at,
    validity_duration: validUntil === null ? 'P0D' : `${at}/${validUntil}`,
    entity_id: entityOf(event, parties),
    event_type: explicit ? 'dpv:ExplicitlyExpressedConsent' : 'dpv:ExpressedConsent',
    event_state: state,
  };
}

/** Who said it: a holder of parental authority is known by the child alone. */
function entityOf(
  { by, subject, relation }: ConsentEvent,
  { controllers, authority }: RecordParties,
): string {
  const ids: Readonly<Record<Party, string>> = {
    subject,
    parent: `${relation === 'guardian' ? 'dpv:GuardianOfDataSubject' : 'dpv:ParentOfDataSubject'}/${subject}`,
    controller: controllers[0]?.party_id ?? '',
    authority: authority.party_id,
  };
  return ids[by];
}

function requireComplete(record: ConsentRecord, refuse: Refuse, person: string): void {
  const data = record.processing['pii_information'] as readonly object[];
  const parts: readonly (readonly [RecordPart, object, string])[] = [
    ['record', record, person],
    ['processing', record.processing, 'the policies in force then do not say it in the language shown'],
    ...data.map((one) => ['data', one, 'the data map does not say it'] as const),
    ...record.parties.map((one) => ['party', one, `of ${one.party_id}`] as const),
    ...record.events.map((one) => ['event', one, `of ${one.event_time}`] as const),
  ];
  for (const [part, content, why] of parts)
    for (const { field } of missingFields(part, content)) throw refuse(part, field, why);
}

/** @throws LetheError as `consentRecord` does */
export function consentReceipt(source: RecordSource): ConsentReceipt {
  const record = consentRecord(source);
  return {
    '@context': FIELD_CONTEXT,
    schema_version: `${PROFILE}receipt-eu-gdpr`,
    receipt_id: source.events.at(-1)?.id ?? '',
    'dct:created': source.asOf,
    records: [record],
  };
}
