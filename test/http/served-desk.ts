import { readdirSync, readFileSync } from 'node:fs';
import Fastify, { type FastifyInstance, type InjectOptions, type LightMyRequestResponse } from 'fastify';
import { expect } from 'chai';
import { fixedClock, type Clock } from '../../src/core/clock.js';
import { loadMap } from '../../src/datamap/load.js';
import { engineOver, type Engine } from '../../src/engine.js';
import { lethe, serverOptions } from '../../src/http/fastify.js';
import type { ProofDelivery } from '../../src/tickets/ticket-context.js';
import type { TokenOrder } from '../../src/tokens/token-order.js';
import { officer, type Desk, type Json } from '../support/small-desk.js';
import { access, NOW, openNative, policiesFrom } from '../tickets/guarded-desk.js';

const file = (url: URL): Json => JSON.parse(readFileSync(url, 'utf8')) as Json;
/** What is shipped, but for who may do what. */
const shipped: readonly Json[] = ['native', 'lethe']
  .map((folder) => new URL(`../../policies/${folder}/`, import.meta.url))
  .flatMap((folder) => readdirSync(folder).map((name) => new URL(name, folder)))
  .filter(({ pathname }) => /\/[^./]+\.json$/.test(pathname))
  .map(file)
  .filter(({ kind }) => kind !== 'access')
  .map((policy) => (policy['id'] === 'support' ? withRecordings(policy) : policy));

/** Support may hear them here, without a consent. */
function withRecordings(activity: Json): Json {
  return { ...activity, records: [...(activity['records'] as string[]), 'recording'] };
}

const EVERYTHING = [
  ...['read', 'list', 'open', 'reply', 'note', 'assign', 'forward'],
  ...['change', 'attach', 'link', 'redact', 'correct'],
];
const RECORDS = ['ticket', 'customer', 'message', 'attachment', 'recording'];

/** Agents may do everything for customer care; customers see their own ticket; nobody else sees anything. */
const rules: readonly Json[] = [
  ...RECORDS.map((record) => access(`agents-${record}`, { record, may: EVERYTHING, categories: ['user'] })),
  ...RECORDS.map((record) =>
    access(`own-${record}`, { record, roles: ['customer'], categories: ['user.content'] }),
  ),
];

/** Words that stand in the desk's rows, and may stand in no error and no log. */
export const MARKERS = [
  'Marker-Muster',
  'marker@example.org',
  'Zeichen-Geheim',
  'betreff-marke',
  'datei-marke',
];

const ROWS = `
  insert into desk.agents (id, name, email, role) values
    (7, 'Ada Marker-Muster', 'ada.marker@example.org', 'agent'), (8, 'Bo Marker-Muster', 'bo.marker@example.org', 'agent');
  insert into desk.customers (id, customer_number, name, email, phone, country) values
    (3, 'C-3', 'Maria Marker-Muster', 'maria.marker@example.org', '+49 123 4567', 'DE'),
    (4, 'C-4', 'Igor Marker-Muster', 'igor.marker@example.org', null, 'DE');
  insert into desk.tickets (id, number, subject, category, channel, customer_id, agent_id, created_at, updated_at) values
    (77, 'T-2026-000077', 'betreff-marke 77', 'technical', 'web', 3, 7, '2026-05-01', '2026-05-01'),
    (78, 'T-2026-000078', 'betreff-marke 78', 'technical', 'web', 4, 8, '2026-05-01', '2026-05-01');
  insert into desk.messages (id, ticket_id, author, customer_id, channel, body, sent_at) values
    (5, 77, 'customer', 3, 'web', 'Zeichen-Geheim one', '2026-05-01'),
    (6, 78, 'customer', 4, 'web', 'Zeichen-Geheim two', '2026-05-01');
  insert into desk.attachments (id, message_id, file_name, media_type, content, size_bytes) values
    (1, 5, 'datei-marke.txt', 'text/html; charset=utf-8', '<b>hi</b>', 9);
  insert into desk.call_recordings (id, ticket_id, media_type, content, duration_seconds, started_at) values
    (1, 77, 'audio/ogg', 'sound', 1, '2026-05-01');
  select setval(pg_get_serial_sequence('desk.' || t, 'id'), 1000)
    from unnest(array['agents', 'customers', 'tickets', 'messages', 'attachments', 'call_recordings']) t`;

export interface ServedDesk {
  readonly desk: Desk;
  readonly engine: Engine;
  readonly app: FastifyInstance;
  /** What the server logged. */
  readonly log: () => string;
  readonly delivered: readonly ProofDelivery[];
  /** A token's secret; without a word it is agent 7's, for everything. */
  readonly token: (different?: Partial<TokenOrder>) => Promise<string>;
}

/** A help desk behind Fastify, under /desk. */
export async function serveDesk(clock: Clock = fixedClock(NOW)): Promise<ServedDesk> {
  const desk = await openNative(ROWS);
  const graph = await loadMap('native', {}, '.');
  const policies = policiesFrom(graph, [...shipped, ...rules]);
  const delivered: ProofDelivery[] = [];
  const engine = engineOver({
    db: desk.db,
    graph,
    clock,
    vault: null,
    policiesInForce: () => Promise.resolve([]),
    policiesByKind: () => Promise.resolve(policies),
    deliverProof: (delivery) => void delivered.push(delivery),
  });
  const lines: string[] = [];
  const stream = { write: (line: string) => void lines.push(line) };
  const app = Fastify({ ...serverOptions, logger: { ...serverOptions.logger, stream } });
  await app.register(lethe, { engine, prefix: '/desk' });
  await app.ready();
  return {
    desk,
    engine,
    app,
    log: () => lines.join(''),
    delivered,
    token: async (different) => (await engine.tokens.create({ ...ALL, ...different }, officer)).secret,
  };
}

const ALL: TokenOrder = {
  actor: 'agent/7',
  roles: ['agent'],
  purposes: ['dpv:CustomerCare'],
  scopes: ['tickets:read', 'tickets:write', 'tickets:follow', 'consents:read', 'consents:write'],
  expires: 'P90D',
};

/** What is sent with a token. */
export const withToken = (secret: string, request: InjectOptions): InjectOptions => ({
  ...request,
  headers: { authorization: `Bearer ${secret}`, ...request.headers },
});

/** The answer's JSON, of this status. */
export function jsonOf(response: LightMyRequestResponse, status: number): Json {
  expect(response.statusCode, response.body).to.equal(status);
  return response.json();
}
