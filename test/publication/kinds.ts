import { describeProblems, type Problem } from '../../src/core/errors.js';
import type { MapGraph } from '../../src/datamap/graph.js';
import type { Policy } from '../../src/policy/policy.js';
import { readPolicy } from '../../src/policy/policy-set.js';
import { mapOf, ticketTable, type Json } from '../support/small-desk.js';

/** A small desk's map with personal data of two categories in its tickets. */
export const PERSONAL_MAP: Json = {
  tables: {
    tickets: ticketTable({
      columns: {
        closed_at: { type: 'timestamptz' },
        status: { type: 'text' },
        subject: { type: 'text', category: 'user.content' },
        email: { type: 'text', category: 'user.contact.email' },
        phone: { type: 'text', category: 'user.contact.phone_number' },
        illness: { type: 'text', category: 'user.health_and_medical' },
      },
    }),
    notes: {
      key: { id: 'bigint' },
      concept: 'note',
      columns: { body: { type: 'text', category: 'user.content' } },
    },
  },
  edges: [],
};
export const personalMap = (): MapGraph => mapOf(PERSONAL_MAP);

const CARE = 'dpv:CustomerCare';
const says = { en: 'As it is meant.' };

/** Policies of each kind with nothing wrong, and the changes a test makes. */
export const organisation = (changes: Json = {}): Json => ({
  ...{ kind: 'organisation', id: 'desk', title: 'The desk' },
  controller: { name: 'Desk GmbH', address: 'Weg 1, Berlin', country: 'DE' },
  dataProtectionOfficer: { none: 'nine people, no core activity of Art. 37' },
  authority: { name: 'Authority', address: 'Platz 2, Berlin', country: 'DE' },
  languages: ['en'],
  ...changes,
});

export const aim = (changes: Json = {}): Json => ({
  purpose: CARE,
  basis: 'eu-gdpr:A6-1-b',
  says,
  ...changes,
});
export const asked = (changes: Json = {}): Json =>
  aim({ purpose: 'dpv:DirectMarketing', basis: 'eu-gdpr:A6-1-a', ...changes });

export const activity = (changes: Json = {}): Json => ({
  ...{ kind: 'activity', id: 'support', title: 'Support', organisation: 'desk', says, purposes: [aim()] },
  ...{ subjects: ['customer'], categories: ['user.content'], recipients: [], transfers: [] },
  sources: [{ from: 'data-subject', says }],
  obligation: { is: 'voluntary', says },
  automatedDecision: 'none',
  measures: ['locked doors'],
  ...changes,
});

export const access = (changes: Json = {}): Json => ({
  ...{ kind: 'access', id: 'agents', title: 'Agents', record: 'ticket', roles: ['agent'] },
  ...{ purposes: [CARE], may: ['read', 'list'] },
  ...changes,
});

export const consent = (changes: Json = {}): Json => ({
  ...{ kind: 'consent', id: 'offers', title: 'Offers', activity: 'support', purpose: 'dpv:DirectMarketing' },
  ...{ wording: { version: '1', says: { en: 'May we?' } }, methods: ['written'], channels: ['web'] },
  ...{ validFor: 'P2Y', withdrawal: says },
  ...changes,
});

export const intake = (changes: Json = {}): Json => ({
  ...{
    kind: 'intake',
    id: 'web',
    title: 'Web form',
    channel: 'web',
    purpose: CARE,
    reason: 'what is needed',
  },
  fields: { 'ticket.subject': 'require', 'ticket.email': 'take', 'ticket.phone': { mask: 'last4' } },
  ...changes,
});

/** The policies as they are read against the map; throws every finding. */
export function read(graph: MapGraph, content: Json): Policy {
  const problems: Problem[] = [];
  const policy = readPolicy(graph, { path: `${String(content['id'])}.json`, content }, problems);
  if (!policy) throw new Error(describeProblems(problems));
  return policy;
}
