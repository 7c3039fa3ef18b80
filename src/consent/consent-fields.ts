/** Of what a consent record is made up: itself, its processing, the personal data, each party, each event. */
export type RecordPart = 'record' | 'receipt' | 'processing' | 'data' | 'party' | 'event';

interface FieldRule {
  readonly part: RecordPart;
  readonly field: string;
  /** What makes it mandatory; `gdpr`: optional in the standard, asked for under the GDPR. */
  readonly asked: 'iso' | 'gdpr';
  /** The property of DPV (or of a vocabulary it uses) that says the same; null: only together with other fields. */
  readonly as: string | null;
}

const rule = (
  part: RecordPart,
  asked: FieldRule['asked'],
  fields: Readonly<Record<string, string | null>>,
): readonly FieldRule[] => Object.entries(fields).map(([field, as]) => ({ part, field, asked, as }));

/**
 * The mandatory fields of a consent record and receipt: of ISO/IEC TS 27560:2023, and those the GDPR asks for besides, as the
 * W3C DPVCG lists them in its Final Community Group Report "Consent Records and Receipts as per ISO/IEC TS 27560:2023 using DPV"
 * of 15 February 2026. A record that lacks one is not made.
 */
export const MANDATORY_FIELDS: readonly FieldRule[] = [
  ...rule('record', 'iso', {
    schema_version: 'dct:conformsTo',
    record_id: 'dct:identifier',
    pii_principal_id: 'dpv:hasDataSubject',
  }),
  ...rule('receipt', 'iso', { schema_version: 'dct:conformsTo', receipt_id: 'dct:identifier' }),
  ...rule('processing', 'iso', {
    privacy_notice: 'dpv:hasNotice',
    language: 'dct:language',
    purpose: 'dpv:hasPurpose',
    pii_information: 'dpv:hasPersonalData',
    pii_controllers: 'dpv:hasDataController',
    storage_locations: 'dpv:hasStorageCondition',
    retention_period: 'dpv:hasDuration',
    jurisdiction: 'dpv:hasJurisdiction',
    recipient_third_parties: 'dpv:hasRecipient',
    withdrawal_method: 'dpv:hasConsentControl',
  }),
  ...rule('processing', 'gdpr', {
    lawful_basis: 'dpv:hasLegalBasis',
    collection_method: 'dpv:hasDataSource',
    processing_method: 'dpv:hasProcessing',
    processing_location: 'dpv:hasLocation',
    geographic_restrictions: 'dpv:hasRule',
    privacy_rights: 'dpv:hasRight',
    authority_party: 'dpv:hasAuthority',
  }),
  ...rule('data', 'iso', { pii_type: 'dpv:hasPersonalData' }),
  ...rule('data', 'gdpr', {
    pii_optional: null,
    special_pii_category: null,
  }),
  ...rule('party', 'iso', {
    party_id: 'dpv:hasIdentifier',
    party_address: 'dpv:hasAddress',
    party_name: 'dpv:hasName',
    party_contact: 'dpv:hasContact',
    party_type: null,
  }),
  ...rule('party', 'gdpr', { party_role: null }),
  ...rule('event', 'iso', {
    event_time: 'dpv:isIndicatedAtTime',
    validity_duration: 'dpv:hasDuration',
    entity_id: 'dpv:isIndicatedBy',
    event_type: 'dpv:hasLegalBasis',
    event_state: 'dpv:hasConsentStatus',
  }),
];

/** Who asks for the field, for messages. */
export const askedBy = { iso: 'ISO/IEC TS 27560', gdpr: 'the GDPR' } as const;

/** Is nothing said: absent, empty text, empty list? `false` and a count of none say something. */
export const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);

/** The mandatory fields of a part that say nothing. */
export const missingFields = (part: RecordPart, content: object): readonly FieldRule[] =>
  MANDATORY_FIELDS.filter(
    (one) => one.part === part && isEmpty((content as Readonly<Record<string, unknown>>)[one.field]),
  );

/** The JSON-LD context: what the standard's names mean in DPV. The guide names two identifiers; `record_id` stands for both. */
export const FIELD_CONTEXT: Readonly<Record<string, string>> = {
  dpv: 'https://w3id.org/dpv#',
  'eu-gdpr': 'https://w3id.org/dpv/legal/eu/gdpr#',
  dct: 'http://purl.org/dc/terms/',
  ...Object.fromEntries(MANDATORY_FIELDS.flatMap(({ field, as }) => (as === null ? [] : [[field, as]]))),
};
