import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { loadMap } from '../../src/datamap/load.js';
import type { MapGraph } from '../../src/datamap/graph.js';
import type { Problem } from '../../src/core/errors.js';
import type { Database } from '../../src/db/database.js';
import { openPostgres } from '../../src/db/postgres.js';
import { guardedTables } from '../../src/datamap/graph.js';
import { engineOver, type Engine } from '../../src/engine.js';
import { LANGUAGES } from '../../src/policy/languages.js';
import { byKind, type PoliciesByKind, type Policy } from '../../src/policy/policy.js';
import { readPolicies, readPolicyFiles } from '../../src/policy/policy-set.js';
import { askedFor } from '../../src/consent/consent-basis.js';
import { MANDATORY_FIELDS, type RecordPart } from '../../src/consent/consent-fields.js';
import type { ConsentRecord } from '../../src/consent/consent-record.js';
import { freshDatabase, migratedTemplate, type FreshDatabase } from '../support/database.js';
import { testClock } from '../support/published.js';
import { officer, refusal, type Json } from '../support/small-desk.js';
import { withoutField } from './without-field.js';

const folder = (name: string): string => fileURLToPath(new URL(`../../policies/${name}`, import.meta.url));
const START = '2026-11-21T08:00:00.000000Z';
const MARKETING = { record: 'customer/1', purpose: 'dpv:DirectMarketing' } as const;
const GIVE = {
  ...MARKETING,
  wording: '2026-11',
  language: 'de',
  channel: 'e-mail',
  method: 'double-opt-in',
  age: { years: 44 },
  notice: 'a'.repeat(64),
} as const;

/** The policies that ship with the native desk. */
async function shipped(
  graph: MapGraph,
): Promise<readonly { readonly path: string; readonly content: unknown }[]> {
  const problems: Problem[] = [];
  const files = await readPolicyFiles(folder('native'), 'native', problems);
  expect(problems).to.deep.equal([]);
  expect(graph.id).to.equal('native');
  return files;
}

function read(
  graph: MapGraph,
  files: readonly { readonly path: string; readonly content: unknown }[],
): PoliciesByKind {
  const problems: Problem[] = [];
  const policies: readonly Policy[] = readPolicies(graph, files, problems);
  expect(problems).to.deep.equal([]);
  return byKind(policies);
}

describe('a consent record after ISO/IEC TS 27560', () => {
  const clock = testClock(START);
  let graph: MapGraph;
  let fresh: FreshDatabase;
  let policies: PoliciesByKind;
  let engine: Engine;
  let db: Database;
  const engineWith = (known: PoliciesByKind): Engine =>
    engineOver({
      db,
      graph,
      clock,
      vault: null,
      policiesInForce: () => Promise.resolve(known.retention),
      policiesByKind: () => Promise.resolve(known),
    });
  before(async () => {
    graph = await loadMap('native', {}, '.');
    policies = read(graph, await shipped(graph));
    fresh = await freshDatabase({ template: await migratedTemplate(['desk']) });
    await fresh.admin(
      `insert into desk.customers (id, customer_number, name, email, country, created_at, last_contact_at)
       values (1, 'C-1', 'Grete Marker', 'grete@marker.example', 'DE', '2026-01-01Z', '2026-01-01Z')`,
    );
    db = await openPostgres(fresh.url, { max: 2 });
    db.guard(guardedTables(graph));
    engine = engineWith(policies);
    await engine.consent.request(
      { ...MARKETING, wording: '2026-11', language: 'de', channel: 'e-mail' },
      officer,
    );
    clock.set('2026-11-22T08:00:00.000001Z');
    await engine.consent.give(GIVE, officer);
  });
  after(async () => {
    await engine.close();
    await fresh.drop();
  });

  /** Every object of a part, by the names the table of fields uses. */
  const partsOf = (
    record: ConsentRecord,
  ): Readonly<Record<Exclude<RecordPart, 'receipt'>, readonly object[]>> => ({
    record: [record],
    processing: [record.processing],
    data: record.processing['pii_information'] as readonly object[],
    party: record.parties,
    event: record.events,
  });

  it('has every mandatory field of the standard and of the GDPR, and says something in it', async () => {
    const record = await engine.consent.export(MARKETING);
    const parts = partsOf(record);
    for (const { part, field } of MANDATORY_FIELDS) {
      if (part === 'receipt') continue;
      expect(parts[part], part).to.not.have.length(0);
      for (const one of parts[part]) {
        const value = (one as Json)[field];
        expect(value, `${part}.${field}`).to.not.be.oneOf([undefined, null, '']);
        if (Array.isArray(value)) expect(value, `${part}.${field}`).to.not.have.length(0);
      }
    }
    expect(
      record.events.map(({ event_state, validity_duration }) => [event_state, validity_duration]),
    ).to.deep.equal([
      ['dpv:ConsentRequested', 'P0D'],
      ['dpv:ConsentGiven', '2026-11-22T08:00:00.000001Z/2028-11-22T08:00:00.000001Z'],
    ]);
    expect(record.record_id).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
    expect(record.processing).to.deep.include({
      purpose: 'dpv:DirectMarketing',
      lawful_basis: ['eu-gdpr:A6-1-a'],
      language: 'de',
      jurisdiction: ['DE'],
    });
    expect((record.processing['privacy_notice'] as Json)['says']).to.match(/^Ja, die Beispiel/);
    expect(JSON.stringify(record), 'the person is a pseudonym').not.to.match(/grete|marker|customer\/1/i);
  });

  it('knows the fields that the report of the W3C group calls mandatory', () => {
    const listed = [
      ...'schema_version record_id pii_principal_id receipt_id privacy_notice language purpose pii_information'.split(
        ' ',
      ),
      ...'pii_controllers storage_locations retention_period jurisdiction recipient_third_parties'.split(' '),
      ...'withdrawal_method pii_type party_id party_address party_name party_contact party_type event_time'.split(
        ' ',
      ),
      ...'validity_duration entity_id event_type event_state lawful_basis collection_method processing_method'.split(
        ' ',
      ),
      ...'processing_location geographic_restrictions privacy_rights authority_party pii_optional'.split(' '),
      ...'special_pii_category party_role'.split(' '),
    ];
    expect([...new Set(MANDATORY_FIELDS.map(({ field }) => field))].sort()).to.deep.equal(listed.sort());
  });

  it('the receipt is the record with the id of the event it confirms', async () => {
    const receipt = await engine.consent.receipt(MARKETING);
    const [consent] = await engine.consent.show('customer/1');
    expect(receipt.receipt_id).to.equal(consent?.events.at(-1)?.id);
    expect(receipt['dct:created']).to.equal(clock.now());
    expect(receipt.records).to.deep.equal([await engine.consent.export(MARKETING)]);
  });

  it('as of an instant it tells what had been recorded then; an expiry that nobody wrote down is told', async () => {
    const early = await engine.consent.export({ ...MARKETING, asOf: '2026-11-22T08:00:00.000000Z' });
    expect(early.events.map(({ event_state }) => event_state)).to.deep.equal(['dpv:ConsentRequested']);
    await refusal(
      engine.consent.export({ ...MARKETING, asOf: '2026-11-21T07:59:59.999999Z' }),
      'consent_unknown',
    );
    const late = await engine.consent.export({ ...MARKETING, asOf: '2028-11-22T08:00:00.000001Z' });
    expect(late.events.at(-1)).to.include({
      event_state: 'dpv:ConsentExpired',
      event_time: '2028-11-22T08:00:00.000001Z',
      validity_duration: 'P0D',
    });
  });

  /** Of a policy, what is taken out, and the field that is missing then. */
  const missing: readonly (readonly [string, string, string])[] = [
    ['consent-marketing', 'wording.says.de', 'privacy_notice'],
    ['consent-marketing', 'withdrawal.de', 'withdrawal_method'],
    ['organisation', 'controller.email+phone+url', 'party_contact'],
    ['organisation', 'authority.email+phone+url', 'party_contact'],
    ['activity-marketing', 'recipients.0.contact', 'party_contact'],
    ['inactive-customers', '', 'retention_period'],
    ['organisation', '', 'pii_controllers'],
  ];
  for (const [file, path, field] of missing)
    it(`is refused where ${file} lacks ${path || 'being there'}: "${field}" is named`, async () => {
      const files = (await shipped(graph)).flatMap((one) => {
        if (!one.path.endsWith(`${file}.json`)) return [one];
        return path === '' ? [] : [{ ...one, content: withoutField(one.content, path) }];
      });
      // the version that was shown keeps its digest: what is asked is whether a gap in it is seen
      const changed = read(graph, files);
      const digest = policies.consent.find(({ id }) => id === 'consent-marketing')?.digest ?? '';
      const consent = changed.consent.map((one) =>
        one.id === 'consent-marketing' ? { ...one, digest } : one,
      );
      const error = await refusal(
        engineWith({ ...changed, consent }).consent.export(MARKETING),
        'consent_record_incomplete',
      );
      expect(error.details['field']).to.equal(field);
    });

  it('is refused for a version that was not in force when it was shown', async () => {
    const consent = policies.consent.map((one) => ({ ...one, digest: 'b'.repeat(64) }));
    const error = await refusal(
      engineWith({ ...policies, consent }).consent.export(MARKETING),
      'consent_record_incomplete',
    );
    expect(error.details['field']).to.equal('privacy_notice');
  });

  it('tells of a withdrawal after the giving, which stays', async () => {
    clock.set('2026-12-01T00:00:00.000000Z');
    await engine.consent.withdraw(MARKETING, officer);
    const { events } = await engine.consent.export(MARKETING);
    expect(events.map(({ event_state }) => event_state)).to.deep.equal([
      'dpv:ConsentRequested',
      'dpv:ConsentGiven',
      'dpv:ConsentWithdrawn',
    ]);
  });
});

describe('the shipped consent policies', () => {
  it('speak all five languages, and the desk can use them', async () => {
    const graph = await loadMap('native', {}, '.');
    const policies = read(graph, await shipped(graph));
    const { consent } = policies;
    expect(consent.map(({ id }) => id)).to.include.members(['consent-marketing', 'consent-call-recording']);
    for (const { id, entry } of consent)
      for (const text of [entry.wording.says, entry.withdrawal])
        expect(Object.keys(text).sort(), id).to.deep.equal([...LANGUAGES].sort());
    for (const { id, entry } of consent) expect(askedFor(policies, entry.purpose).policy.id).to.equal(id);
    const [recording] = consent.filter(({ entry }) => entry.for === 'recording');
    expect(recording?.entry.employees, 'agents are on the call too').to.be.an('object');
  });
});
