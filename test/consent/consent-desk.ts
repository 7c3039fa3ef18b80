import type { Clock } from '../../src/core/clock.js';
import { describeProblems, type Problem } from '../../src/core/errors.js';
import type { Database } from '../../src/db/database.js';
import { openPostgres } from '../../src/db/postgres.js';
import { guardedTables, type MapGraph } from '../../src/datamap/graph.js';
import { engineOver, type Engine } from '../../src/engine.js';
import { byKind, type PoliciesByKind } from '../../src/policy/policy.js';
import { readPolicies } from '../../src/policy/policy-set.js';
import { openDesk, ticketTable, withOwnTables, type Desk, type Json } from '../support/small-desk.js';
import { vaultOf } from '../support/vault.js';

/** A desk with people: customer 1 grown up in DE, 2 nobody knows, 3 a child in ES; agent 7. */
const DDL = `create schema shop;
  create table shop.customers (id bigint primary key, name text, email text, born date, country text);
  create table shop.agents (id bigint primary key, name text);
  create table shop.tickets (id bigint primary key, status text, closed_at timestamptz);
  insert into shop.customers values
    (1, 'Grete Muster-Marker', 'grete@marker.example', '1980-02-29', 'DE'),
    (2, 'Kim Marker', 'kim@marker.example', null, null),
    (3, 'Ana Marker', 'ana@marker.example', '2012-06-01', 'ES');
  insert into shop.agents values (7, 'Agent Marker')`;

const MAP = {
  tables: {
    tickets: ticketTable(),
    customers: {
      key: { id: 'bigint' },
      concept: 'customer',
      columns: {
        name: { type: 'text', category: 'user.name' },
        email: { type: 'text', category: 'user.contact.email' },
        born: { type: 'date', category: 'user.demographic.date_of_birth', zone: 'UTC' },
        country: { type: 'text', category: 'user.contact.address.country' },
      },
      facts: { seenAt: { type: 'instant', sql: 'timestamptz(this.born)' } },
    },
    agents: { key: { id: 'bigint' }, concept: 'agent', columns: { name: { type: 'text' } } },
  },
  edges: [],
  subject: { record: 'customers', key: 'id', edges: [] },
};

const says = (text: string): Json => ({ en: text, de: `${text} (de)` });

/** Activities on consent, on explicit consent for special categories, for recordings, and on contract. */
const activity = (id: string, purpose: string, basis: string, different: Json = {}): Json => ({
  kind: 'activity',
  id,
  title: id,
  organisation: 'example',
  says: says(id),
  purposes: [{ purpose, basis, says: says(`for ${id}`), interest: says('ours'), ...different }],
  subjects: ['customer'],
  categories: ['user.name', 'user.contact'],
  sources: [{ from: 'data-subject', says: says('from you') }],
  recipients: [
    {
      id: 'hosting',
      name: 'Host',
      role: 'processor',
      country: 'NL',
      says: says('servers'),
      contact: 'h@host.example',
    },
  ],
  transfers: [],
  obligation: { is: 'voluntary', says: says('nothing happens') },
  automatedDecision: 'none',
  measures: ['locks'],
});

export const consentPolicy = (different: Json = {}): Json => ({
  kind: 'consent',
  id: 'ask-marketing',
  title: 'Offers',
  activity: 'marketing',
  purpose: 'dpv:DirectMarketing',
  wording: { version: 'v1', says: says('May we write to you?') },
  methods: ['checkbox', 'written'],
  channels: ['web', 'e-mail'],
  validFor: 'P1Y',
  withdrawal: says('by a click'),
  ...different,
});

const PARTY = { name: 'Example', address: 'Street 1', country: 'DE', email: 'privacy@example.org' };

export const POLICIES: readonly Json[] = [
  {
    kind: 'organisation',
    id: 'example',
    title: 'Example',
    controller: PARTY,
    dataProtectionOfficer: { none: 'too small' },
    authority: { ...PARTY, name: 'Authority' },
    languages: ['en', 'de'],
  },
  activity('marketing', 'dpv:DirectMarketing', 'eu-gdpr:A6-1-a'),
  activity('research', 'dpv:ScientificResearch', 'eu-gdpr:A6-1-a'),
  activity('health', 'dpv:Personalisation', 'eu-gdpr:A6-1-b', { specialGround: 'eu-gdpr:A9-2-a' }),
  activity('calls', 'dpv:ServiceMonitoring', 'eu-gdpr:A6-1-f'),
  activity('support', 'dpv:CustomerCare', 'eu-gdpr:A6-1-b'),
  consentPolicy(),
  consentPolicy({
    id: 'ask-research',
    activity: 'research',
    purpose: 'dpv:ScientificResearch',
    validFor: 'P1M',
  }),
  consentPolicy({
    id: 'ask-health',
    activity: 'health',
    purpose: 'dpv:Personalisation',
    methods: ['checkbox', 'written'],
  }),
  consentPolicy({
    id: 'ask-calls',
    activity: 'calls',
    purpose: 'dpv:ServiceMonitoring',
    for: 'recording',
    employees: { voluntary: 'a key press, and nobody is told' },
  }),
  {
    kind: 'retention',
    id: 'customers-go',
    title: 'Customers',
    record: 'customer',
    activity: 'marketing',
    ground: 'consent',
    reason: 'for the tests',
    keep: { for: 'P2Y', from: 'seenAt', timeZone: 'UTC' },
    then: { action: 'delete' },
  },
];

/** The policies with one replaced or added, by id. */
export const withPolicy = (different: Json): readonly Json[] => [
  ...POLICIES.filter(({ id }) => id !== different['id']),
  different,
];

export function readAll(graph: MapGraph, files: readonly Json[]): PoliciesByKind {
  const problems: Problem[] = [];
  const named = files.map((content) => ({ path: `${String(content['id'])}.json`, content }));
  const policies = readPolicies(graph, named, problems);
  if (problems.length > 0) throw new Error(describeProblems(problems));
  return byKind(policies);
}

export interface ConsentDesk extends Desk {
  /** An engine over the desk's pool, or over another one, as in another process. */
  readonly with: (files?: readonly Json[], clock?: Clock, db?: Database) => Engine;
  readonly ownPool: () => Promise<Database>;
}

const pools: Database[] = [];

/** For `after` each group, before `closeDesks`. */
export async function closePools(): Promise<void> {
  for (const pool of pools.splice(0)) await pool.close();
}

export async function openConsentDesk(clock: Clock): Promise<ConsentDesk> {
  const desk = await openDesk({ ddl: DDL, map: MAP });
  const graph = await withOwnTables(MAP);
  return {
    ...desk,
    graph,
    with: (files = POLICIES, by = clock, db = desk.db) => {
      const policies = readAll(graph, files);
      return engineOver({
        db,
        graph,
        clock: by,
        vault: vaultOf(desk.url),
        policiesInForce: () => Promise.resolve(policies.retention),
        policiesByKind: () => Promise.resolve(policies),
      });
    },
    ownPool: async () => {
      const db = await openPostgres(desk.url, { max: 2 });
      db.guard(guardedTables(graph));
      pools.push(db);
      return db;
    },
  };
}

export const MARKETING = 'dpv:DirectMarketing';
export const GIVE = {
  record: 'customer/1',
  purpose: MARKETING,
  wording: 'v1',
  language: 'en',
  channel: 'web',
  method: 'checkbox',
} as const;
export const WITHDRAW = { record: 'customer/1', purpose: MARKETING } as const;
