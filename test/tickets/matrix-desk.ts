import type { Json } from '../support/small-desk.js';
import type { Admin } from '../support/database.js';
import { access, activity, CARE_AIM, nativeMap } from './guarded-desk.js';

/** A desk whose every personal value is a marker of its own: `MKcustomername1`; found anywhere it does not belong, it leaked. */
export const MATRIX_ROWS = `
  insert into desk.agents (id, name, email, role) select n, 'Agent ' || n, 'agent' || n || '@desk.example', 'agent' from generate_series(7, 9) n;
  insert into desk.customers (id, customer_number, name, email, phone, company, address_line1, postal_code, city, country, date_of_birth, created_at, last_contact_at)
    select n, 'MKnumber' || n, 'MKfirst' || n || ' MKlast' || n, 'MKmail' || n || '@mail.example', '+49 30 555 12' || n || n, 'MKcompany' || n,
      'MKstreet' || n, 'MKzip' || n, 'MKcity' || n, 'MKland' || n, date '1980-01-01' + n::int, '2024-01-01', '2024-01-01' from generate_series(101, 103) n;
  insert into desk.tickets (id, number, subject, status, priority, category, channel, customer_id, agent_id, created_at, updated_at, closed_at) values
    (1, 'T-1', 'MKsubject1', 'open', 'high', 'technical', 'web', 101, 7, '2024-02-01', '2024-03-06', null),
    (2, 'T-2', 'MKsubject2', 'open', 'normal', 'billing', 'e-mail', 101, 8, '2024-02-02', '2024-03-05', null),
    (3, 'T-3', 'MKsubject3', 'closed', 'low', 'technical', 'phone', 102, 7, '2024-02-03', '2024-03-04', '2024-03-04'),
    (4, 'T-4', 'MKsubject4', 'new', 'urgent', 'staff', 'chat', 103, null, '2024-02-04', '2024-03-03', null),
    (5, 'T-5', 'MKsubject5', 'pending', 'normal', 'technical', 'web', 102, 8, '2024-02-05', '2024-03-03', null),
    (6, 'T-6', 'MKsubject6', 'open', 'normal', 'billing', 'web', 103, 7, '2024-02-06', '2024-03-03', null);
  insert into desk.messages (id, ticket_id, author, customer_id, agent_id, visibility, channel, body, sent_at)
    select t.id * 10 + part, t.id, case when part = 1 then 'customer' else 'agent' end, case when part = 1 then t.customer_id end,
      case when part > 1 then 8 end, case when part = 3 then 'internal' else 'public' end, t.channel, 'MKbody' || (t.id * 10 + part) || ' 50% off_',
      t.created_at + part * interval '1 hour' from desk.tickets t, generate_series(1, 4) part;
  insert into desk.attachments (id, message_id, file_name, media_type, content, size_bytes, created_at)
    select m.id + 1000, m.id, 'MKfile' || m.id, 'text/plain', 'MKcontent', 9, m.sent_at from desk.messages m where m.id % 2 = 1;
  insert into desk.call_recordings (id, ticket_id, media_type, content, duration_seconds, started_at)
    select t.id + 500, t.id, 'audio/ogg', 'MKsound', 60, t.created_at from desk.tickets t where t.id in (1, 3);
  insert into lethe.actor (id, name, name_key) values ('actor-1', 'officer', 'officer');
  insert into lethe.sensitive (id, record, key, flagged_by, flagged_at) values
    ('flag-1', 'message', '12', 'actor-1', '2024-01-01'), ('flag-2', 'message', '31', 'actor-1', '2024-01-01'), ('flag-3', 'ticket', '5', 'actor-1', '2024-01-01');
  insert into lethe.sensitive (id, record, key, flagged_by, flagged_at, lifted_by, lifted_at) values
    ('flag-4', 'message', '11', 'actor-1', '2024-01-01', 'actor-1', '2024-01-02');
  insert into lethe.quarantine (id, record, key, kind, quarantined_by, quarantined_at) values
    ('q-1', 'message', '14', 'card', 'actor-1', '2024-01-01'), ('q-2', 'attachment', '1021', 'passport', 'actor-1', '2024-01-01'),
    ('q-3', 'ticket', '6', 'card', 'actor-1', '2024-01-01');
  insert into lethe.training (id, actor, content, version, done_on, expires_on, recorded_by, recorded_at) values
    ('training-1', 'agent/7', 'health', '2', '2026-01-01', '2026-12-31', 'actor-1', '2026-01-01'),
    ('training-2', 'agent/8', 'health', '2', '2025-01-01', '2026-06-01', 'actor-1', '2025-01-01'),
    ('training-3', 'agent/8', 'health', '1', '2026-01-01', '2026-12-31', 'actor-1', '2026-01-01');
  insert into lethe.break_glass (id, actor, record, key, purpose, reason, policy, granted_at, until) values
    ('glass-1', 'agent/9', 'ticket', '3', 'dpv:CustomerCare', 'a reason', 'digest', '2026-06-01 11:00+00', '2026-06-01 13:00+00'),
    ('glass-2', 'agent/9', 'ticket', '4', 'dpv:CustomerCare', 'a reason', 'digest', '2026-06-01 10:00+00', '2026-06-01 12:00+00'),
    ('glass-3', 'agent/9', 'ticket', '2', 'dpv:EnforceSecurity', 'a reason', 'digest', '2026-06-01 11:00+00', '2026-06-01 13:00+00')`;

/** The native map, in which a company is a matter of health. */
export function matrixMap(): Json {
  const map = nativeMap() as { tables: { customers: { columns: Record<string, object> } } } & Json;
  map.tables.customers.columns['company'] = { type: 'text', category: 'user.health_and_medical' };
  return map;
}

const SECURITY = 'dpv:EnforceSecurity';
const MARKETING = 'dpv:DirectMarketing';

/** Made to overlap: one record several ways, masks of one column in several strengths, each condition there is. */
export const MATRIX_POLICIES: readonly Json[] = [
  activity([
    CARE_AIM,
    {
      purpose: SECURITY,
      basis: 'eu-gdpr:A6-1-f',
      specialGround: 'eu-gdpr:A9-2-f',
      interest: { en: 'safety' },
    },
  ]),
  activity([{ purpose: MARKETING, basis: 'eu-gdpr:A6-1-a' }], {
    id: 'marketing',
    records: ['customer', 'ticket'],
  }),
  access('t-agents', {
    categories: ['user.content'],
    when: { fact: 'category', operator: 'notEqual', value: 'staff' },
  }),
  access('t-agents-own', { assigned: 'self', categories: ['user'], may: ['read', 'list'] }),
  access('t-leads', { roles: ['lead'], categories: ['user'], masks: { subject: 'initials' } }),
  access('t-leads-open', {
    roles: ['lead'],
    may: ['read'],
    categories: ['user.content'],
    when: { fact: 'status', operator: 'equal', value: 'open' },
  }),
  access('t-security', {
    roles: ['agent', 'lead'],
    purposes: [SECURITY],
    categories: ['user'],
    specialGround: 'eu-gdpr:A9-2-f',
    training: { content: 'health', version: '2' },
  }),
  access('t-wrong-ground', { roles: ['lead'], purposes: [SECURITY], specialGround: 'eu-gdpr:A9-2-g' }),
  access('t-customers', { roles: ['customer'], subject: 'self', categories: ['user.content'] }),
  access('t-marketing', { roles: ['lead', 'agent'], purposes: [MARKETING], categories: ['user'] }),
  access('t-glass', { roles: ['admin'], breakGlass: true, categories: ['user.content'], may: ['read'] }),
  access('t-admins', { roles: ['admin'], may: ['list'], masks: { priority: 'hidden' } }),
  access('c-agents', {
    record: 'customer',
    categories: ['user.name', 'user.contact'],
    masks: { phone: 'last4', email: 'domainOnly', name: 'initials', address_line1: 'hidden' },
  }),
  access('c-agents-own', {
    record: 'customer',
    assigned: 'self',
    categories: ['user.contact', 'user.health_and_medical'],
    masks: { email: 'hidden', phone: 'initials' },
  }),
  access('c-leads', { record: 'customer', roles: ['lead'], categories: ['user'] }),
  access('c-security', {
    record: 'customer',
    roles: ['agent', 'lead'],
    purposes: [SECURITY],
    categories: ['user'],
    specialGround: 'eu-gdpr:A9-2-f',
    training: { content: 'health', version: '2' },
  }),
  access('c-customers', {
    record: 'customer',
    roles: ['customer'],
    subject: 'self',
    categories: ['user.name', 'user.contact', 'user.unique_id'],
  }),
  access('c-marketing', {
    record: 'customer',
    roles: ['lead'],
    purposes: [MARKETING],
    categories: ['user.contact.email'],
  }),
  access('m-agents', { record: 'message', categories: ['user.content'], masks: { sent_at: 'hidden' } }),
  access('m-agents-own', { record: 'message', assigned: 'self', categories: ['user.content'] }),
  access('m-leads', {
    record: 'message',
    roles: ['lead'],
    categories: ['user'],
    masks: { body: 'initials' },
    when: { fact: 'author', operator: 'equal', value: 'agent' },
  }),
  access('m-security', {
    record: 'message',
    roles: ['agent', 'lead'],
    purposes: [SECURITY],
    categories: ['user'],
    specialGround: 'eu-gdpr:A9-2-f',
  }),
  access('m-customers', {
    record: 'message',
    roles: ['customer'],
    subject: 'self',
    categories: ['user.content'],
    when: { fact: 'visibility', operator: 'equal', value: 'public' },
  }),
  access('m-glass', { record: 'message', roles: ['admin'], breakGlass: true, categories: ['user.content'] }),
  access('a-agents', { record: 'attachment', assigned: 'self', categories: ['user.content'] }),
  access('a-security', { record: 'attachment', roles: ['agent'], purposes: [SECURITY] }),
  access('a-leads', { record: 'attachment', roles: ['lead'], categories: ['user.content'] }),
  access('t-listers', { roles: ['lister'], may: ['list'] }),
  access('t-listers-own', { roles: ['lister'], may: ['read'], assigned: 'self' }),
  access('c-listers', { record: 'customer', roles: ['lister'], categories: ['user.contact'] }),
  access('m-listers', { record: 'message', roles: ['lister'], categories: ['user.content'] }),
  access('r-leads', { record: 'recording', roles: ['lead'] }),
];

export const CONSENTED: readonly string[] = ['101'];
export const TRAINED = ['agent/7'];

export type Row = Readonly<Record<string, unknown>>;
export type Tables = Readonly<
  Record<'ticket' | 'customer' | 'message' | 'attachment' | 'recording', readonly Row[]>
>;

/** Every row as text, past the guard. */
export async function tablesOf(admin: Admin): Promise<Tables> {
  const rows = async (table: string): Promise<readonly Row[]> =>
    admin(`select * from desk.${table} order by id`);
  return {
    ticket: await rows('tickets'),
    customer: await rows('customers'),
    message: await rows('messages'),
    attachment: await rows('attachments'),
    recording: await rows('call_recordings'),
  };
}
