import { NO_ENCRYPTION, type Encryption } from '../../src/encryption/encryption.js';
import { readdirSync, readFileSync } from 'node:fs';
import { openAccessLog } from '../../src/access/access-log-writer.js';
import type { Call } from '../../src/access/call.js';
import type { Clock } from '../../src/core/clock.js';
import type { Instant } from '../../src/core/instant.js';
import { compileMap } from '../../src/datamap/compile.js';
import type { MapGraph } from '../../src/datamap/graph.js';
import { dataMapSchema } from '../../src/datamap/schema.js';
import type { TicketContext } from '../../src/tickets/ticket-context.js';
import { ticketsOver, type Tickets } from '../../src/tickets/tickets.js';
import { vaultOf } from '../support/vault.js';
import { openDesk, type Desk, type Json } from '../support/small-desk.js';
import { access, activity, call, nativeMap, NOW, policiesFrom } from './guarded-desk.js';

const POLICIES = new URL('../../policies/', import.meta.url);
export const shipped = (path: string): Json =>
  JSON.parse(readFileSync(new URL(path, POLICIES), 'utf8')) as Json;

/** The shipped intake policies. */
const INTAKE = readdirSync(new URL('native/', POLICIES))
  .filter((name) => /^intake-.*\.json$/.test(name))
  .map((name) => shipped(`native/${name}`));

const EVERY_DEED = 'read list open reply note assign forward change attach link redact correct'.split(' ');

/** Agents may do everything, customers and the web form what is theirs. */
export const PERMITTED: readonly Json[] = [
  activity(undefined, {
    recipients: [
      {
        id: 'carrier',
        name: 'Carrier',
        role: 'controller',
        country: 'DE',
        says: { en: 'delivers' },
        categories: ['user.name', 'user.contact'],
        contact: 'privacy@carrier.example',
      },
      { id: 'host', name: 'Host', role: 'processor', country: 'DE', says: { en: 'hosts' } },
    ],
  }),
  ...['ticket', 'message', 'attachment', 'customer'].map((record) =>
    access(`agents-${record}`, { record, roles: ['agent', 'form'], may: EVERY_DEED, categories: ['user'] }),
  ),
  access('own-tickets', {
    roles: ['customer'],
    subject: 'self',
    may: ['read', 'open', 'reply'],
    categories: ['user'],
  }),
  ...INTAKE,
];

export const agent = call('agent/7');
export const form = call('service/form', 'form');
export const customer = (key: number): Call => call(`customer/${key}`, 'customer');

const ROWS = `
  insert into desk.agents (id, name, email, role, active) values
    (7, 'Ada', 'ada@desk.example', 'agent', true), (8, 'Bo', 'bo@desk.example', 'agent', false);
  insert into desk.customers (id, customer_number, name, email, phone, last_contact_at, created_at) values
    (3, 'C-3', 'Maria', 'Maria@Mail.example', '+49 30 1', '2026-01-01', '2026-01-01'),
    (4, 'C-4', 'Jo', 'jo@mail.example', null, '2026-01-01', '2026-01-01');
  select setval(pg_get_serial_sequence('desk.customers', 'id'), 100);
  insert into desk.tickets (id, number, subject, category, channel, status, customer_id, created_at, updated_at, closed_at) values
    (77, 'T-77', 'Broken', 'warranty', 'e-mail', 'open', 3, '2026-01-02', '2026-01-02', null),
    (78, 'T-78', 'Done', 'warranty', 'e-mail', 'closed', 3, '2026-01-02', '2026-01-03', '2026-01-03'),
    (79, 'T-79', 'Other', 'delivery', 'e-mail', 'open', 4, '2026-01-02', '2026-01-02', null);
  select setval(pg_get_serial_sequence('desk.tickets', 'id'), 100);
  insert into desk.messages (id, ticket_id, author, customer_id, channel, body, sent_at) values
    (5, 77, 'customer', 3, 'e-mail', 'My card is 4111 1111 1111 1111', '2026-01-02'),
    (6, 78, 'customer', 3, 'e-mail', 'Hello', '2026-01-02');
  select setval(pg_get_serial_sequence('desk.messages', 'id'), 100);
  insert into desk.attachments (id, message_id, file_name, media_type, content, size_bytes) values (1, 5, 'a.txt', 'text/plain', 'x', 1);
  select setval(pg_get_serial_sequence('desk.attachments', 'id'), 100)`;

export interface WritingDesk {
  readonly desk: Desk;
  readonly tickets: Tickets;
  readonly context: TicketContext;
  /** All rows of a query. */
  readonly rows: (query: string) => Promise<readonly Json[]>;
}

/** The map as an installation has it, with Lethe's own tables. */
export const wholeMap = (): MapGraph =>
  compileMap(
    dataMapSchema.parse(nativeMap()),
    'native.json',
    {},
    dataMapSchema.parse(shipped('data-maps/merged/lethe.json')),
  );

export class MovingClock implements Clock {
  constructor(public at: Instant = NOW) {}
  now(): Instant {
    return this.at;
  }
}

export interface WritingOptions {
  /** Of the desk, whose rows may be encrypted first; absent: nothing is. */
  readonly encryption?: (desk: Desk) => Encryption | Promise<Encryption>;
}

export async function writingDesk(
  files = PERMITTED,
  clock: Clock = new MovingClock(),
  { encryption = () => NO_ENCRYPTION }: WritingOptions = {},
): Promise<WritingDesk> {
  const desk = await openDesk({ ddl: ROWS, map: nativeMap(), migrations: ['desk'] });
  const policies = policiesFrom(desk.graph, files);
  const context: TicketContext = {
    db: desk.db,
    graph: desk.graph,
    clock,
    vault: vaultOf(desk.url),
    encryption: await encryption(desk),
    policies: () => Promise.resolve(policies),
    log: openAccessLog(desk.db, clock),
  };
  return { desk, context, tickets: ticketsOver(context), rows: (query) => desk.admin(query) };
}

const TABLES = [
  'agents attachments call_recordings customers forwards messages provenance statements tags ticket_events ticket_links ticket_notices ticket_tags tickets'
    .split(' ')
    .map((table) => `desk.${table}`),
  'ledger_entry rectification task quarantine sensitive actor subject subject_record'
    .split(' ')
    .map((table) => `lethe.${table}`),
].flat();

/** Every row of the desk, and of what Lethe keeps about it (but the access log, which has the denials). */
export async function everything({ rows }: WritingDesk): Promise<Json> {
  const contents: Record<string, unknown> = {};
  for (const table of TABLES) contents[table] = await rows(`select t::text from ${table} t order by 1`);
  return contents;
}

/** All text in every table of both schemas, in one: for looking for what must not be there. Bytes are decoded. */
export async function allText({ desk }: WritingDesk): Promise<string> {
  const tables = await desk.admin<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('desk', 'lethe')`,
  );
  const texts: string[] = [];
  for (const { name } of tables)
    for (const { row } of await desk.admin<{ row: string }>(
      `select row_to_json(t)::text as row from ${name} t`,
    ))
      texts.push(row);
  const text = texts.join('\n');
  const bytes = [...text.matchAll(/\\x([0-9a-f]+)/g)].map(([, hex = '']) =>
    Buffer.from(hex, 'hex').toString(),
  );
  return [text, ...bytes].join('\n');
}
