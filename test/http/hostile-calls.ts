import type { InjectOptions } from 'fastify';
import { chance, pick, wholeBetween, type NonEmpty, type Random } from '../../src/demo/random.js';

/** A call as it is sent: the body is text, because a body need not be JSON. */
export interface RawCall {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** Stands for what a caller might say of a person: no error and no log may repeat it. */
const MARK = 'Marker-Muster';

const FILE = { fileName: 'a.txt', mediaType: 'text/plain', content: 'aGVsbG8=' };
const CONSENT = { record: 'customer/3', purpose: 'dpv:DirectMarketing' };

/** One good call of each route; what is hostile is made of these. */
const VALID: NonEmpty<readonly [method: string, path: string, body?: object]> = [
  [
    'POST',
    '/tickets',
    {
      channel: 'web',
      subject: 'Late parcel',
      body: 'Where is it?',
      category: 'order',
      priority: 'high',
      customer: { name: 'Erika', email: 'erika@example.org', phone: '+49 30 1', country: 'DE' },
      notice: { digest: 'a'.repeat(64), language: 'de' },
      source: { kind: 'form', ref: 'shop' },
      sources: { 'customer.phone': { kind: 'forwarded', ref: 'shop' } },
      attachments: [FILE],
    },
  ],
  ['GET', '/tickets/77'],
  ['GET', '/tickets/T-2026-000077'],
  ['GET', '/tickets?status=new&priority=normal&assigned=me&sort=-createdAt&limit=5&count=true'],
  ['GET', '/tickets?createdAfter=2026-01-01T00:00:00Z&updatedBefore=2027-01-01T00:00:00Z&category=technical'],
  ['POST', '/tickets/find', { email: 'maria.marker@example.org' }],
  ['POST', '/tickets/find', { text: 'betreff' }],
  ['POST', '/tickets/77/replies', { body: 'We look.', channel: 'web', attachments: [FILE] }],
  ['POST', '/tickets/77/notes', { body: 'call back', source: { kind: 'agent' } }],
  ['POST', '/tickets/77/assignment', { agent: 'agent/8' }],
  ['POST', '/tickets/77/changes', { status: 'pending', priority: 'low', category: 'order' }],
  ['POST', '/tickets/77/links', { to: 'ticket/78', type: 'related' }],
  ['POST', '/tickets/77/forwards', { recipient: 'hosting', fields: ['customer.name', 'message.body'] }],
  ['POST', '/tickets/77/statements', { text: 'not so', channel: 'web' }],
  ['POST', '/messages/5/statements', { text: 'not so' }],
  ['POST', '/messages/5/attachments', { files: [FILE], channel: 'web' }],
  ['POST', '/messages/5/sensitive'],
  ['POST', '/redactions', { record: 'message/6', kind: 'card', keepText: true }],
  ['POST', '/customers/3/corrections', { field: 'city', value: 'Bonn', reason: 'moved', evidence: 'call' }],
  ['POST', '/customers/3/statements', { text: 'not so' }],
  ['GET', '/tasks?state=open'],
  ['GET', '/attachments/1/content'],
  ['GET', '/recordings/1/content'],
  ['POST', '/follow', { number: 'T-2026-000077', address: 'somebody@example.org' }],
  ['POST', '/follow/read', { number: 'T-2026-000077', token: 'x'.repeat(43) }],
  [
    'POST',
    '/consents',
    {
      ...CONSENT,
      state: 'dpv:ConsentGiven',
      wording: '2026-11',
      language: 'de',
      channel: 'web',
      method: 'written',
      by: { relation: 'parent', verified: 'call' },
      age: { years: 44 },
    },
  ],
  ['POST', '/consents/withdrawals', CONSENT],
  ['GET', '/consents/customer/3'],
  ['GET', '/consents/customer/3/dpv:DirectMarketing?asOf=2026-01-01T00:00:00Z'],
  ['POST', '/privacy-notices', { channel: 'web', language: 'de' }],
  ['GET', '/privacy-notice?channel=web&language=en&format=json'],
  ['GET', '/openapi.json'],
];

const VALUES: NonEmpty<unknown> = [
  ...[null, true, false, -1, 0, 1.5, 1e308, 2 ** 53, '', ' ', '\0', 'a\0b', '\ud800', '\udfff\ud800'],
  ...[
    '\u202e',
    '٣',
    'NaN',
    'null',
    '-0',
    '1e3',
    "'; drop table desk.tickets; --",
    '$1',
    '{}',
    '%00',
    '../../etc',
  ],
  ...[
    'x'.repeat(301),
    'x'.repeat(20_000),
    '😀'.repeat(200),
    MARK,
    `${MARK}@example.org`,
    `<script>${MARK}</script>`,
  ],
  ...[
    'ticket/0',
    'ticket/-1',
    'ticket/99999999999999999999',
    'ticket/77,78',
    `ticket/${MARK}`,
    'ticket/77\0',
  ],
  ...['agent/8', 'agent/99', 'customer/3', 'message/6', 'service/portal', 'T-2026-000078', 'attachment/1'],
  ...['0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '2026-02-30', '2026-13-01', 'infinity', '-infinity'],
  ...['dpv:CustomerCare', 'dpv:Curiosity', 'A'.repeat(64), '4111111111111111', 'text/plain\r\nx: y', 'ü/ü'],
  ...[
    [],
    {},
    [[]],
    [null],
    { $ref: '#' },
    { length: 1e9 },
    { toString: MARK },
    Array.from({ length: 500 }, () => 1),
  ],
] as unknown as NonEmpty<unknown>;

const KEYS: NonEmpty<string> = [
  ...([
    'constructor',
    'toString',
    'hasOwnProperty',
    '',
    MARK,
    `${MARK}@example.org`,
    'id',
    'ticket',
    'actor',
  ] as const),
  ...([
    'roles',
    'purpose',
    'x'.repeat(300),
    '\0',
    '\ud800',
    '0',
    'email',
    'name',
    'text',
    'attachments',
  ] as const),
];

const SEGMENTS: NonEmpty<string> = [
  ...([
    '',
    '.',
    '..',
    '%2e%2e',
    '%2f',
    '%00',
    '%zz',
    '%',
    '0',
    '-1',
    '077',
    '77%20',
    '77;drop',
    '1e3',
    '%D9%A7',
  ] as const),
  ...([
    '78',
    '99999999999999999999',
    '9223372036854775807',
    MARK,
    `${MARK}%40example.org`,
    '*',
    ':ticket',
  ] as const),
  ...([
    'TICKETS',
    'tickets',
    'find',
    'customer',
    'agent',
    'dpv:Curiosity',
    '7'.repeat(200),
    '__proto__',
    '%ED%A0%80',
  ] as const),
];

const QUERIES: NonEmpty<string> = [
  ...([
    'status=lost',
    'status=new&status=new',
    'status[]=new',
    'limit=0',
    'limit=201',
    'limit=1e2',
    'limit=',
    'limit=x',
  ] as const),
  ...([
    'after=..',
    'after=eyJ9',
    `after=${'a'.repeat(301)}`,
    'count=1',
    'count=true&count=false',
    `${MARK}=1`,
  ] as const),
  ...([
    'sort=email',
    'sort=-number',
    '__proto__=1',
    'constructor=1',
    'asOf=infinity',
    'asOf=%00',
    'category=%00',
  ] as const),
  ...([
    `category=${MARK}`,
    'createdAfter=0000-00-00',
    'assigned=agent/8',
    '%zz=1',
    '&&&',
    '=',
    'format=exe',
  ] as const),
];

const METHODS: NonEmpty<string> = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'];

const HEADERS: NonEmpty<readonly [string, string]> = [
  ['lethe-purpose', 'dpv:Curiosity'],
  ['lethe-purpose', 'dpv:DirectMarketing'],
  ['lethe-purpose', MARK],
  ['lethe-purpose', ''],
  ['content-type', 'text/plain'],
  ['content-type', 'application/json; charset=latin1'],
  ['content-type', 'application/x-www-form-urlencoded'],
  ['content-type', `multipart/form-data; boundary=${MARK}`],
  ['content-type', ';;;'],
  ['content-encoding', 'gzip'],
  ['accept', 'text/html'],
  ['authorization', ''],
  ['authorization', 'Bearer'],
  ['authorization', `Bearer lethe_${'A'.repeat(43)}`],
  ['authorization', `Bearer ${MARK}`],
  ['x-http-method-override', 'DELETE'],
  ['x-forwarded-for', MARK],
  ['cookie', `session=${MARK}`],
];

/** A good call, made hostile in one to three ways, with the token of somebody who may much or little. */
export function hostileCall(random: Random, secrets: NonEmpty<string>): RawCall {
  const [method, path, body] = pick(random, VALID);
  const headers = {
    authorization: `Bearer ${chance(random, 0.85) ? secrets[0] : pick(random, secrets)}`,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  let call: RawCall = {
    method,
    url: `/desk${path}`,
    headers,
    body: body === undefined ? null : JSON.stringify(body),
  };
  for (let ways = wholeBetween(random, 1, 3); ways > 0; ways -= 1) call = mutated(random, call);
  return call;
}

function mutated(random: Random, call: RawCall): RawCall {
  const way = random();
  if (call.body !== null && way < 0.6) return { ...call, body: mutatedBody(random, call.body) };
  if (way < 0.8) return { ...call, url: mutatedUrl(random, call.url) };
  if (way < 0.9) {
    const [name, value] = pick(random, HEADERS);
    return { ...call, headers: { ...call.headers, [name]: value } };
  }
  return { ...call, method: pick(random, METHODS) };
}

function mutatedUrl(random: Random, url: string): string {
  const [path = '', query = ''] = url.split('?');
  if (chance(random, 0.4)) return `${path}?${[query, pick(random, QUERIES)].filter(Boolean).join('&')}`;
  const segments = path.split('/');
  const at = wholeBetween(random, 2, segments.length - 1);
  segments.splice(at, chance(random, 0.8) ? 1 : 0, pick(random, SEGMENTS));
  return [segments.join('/'), query].filter(Boolean).join('?');
}

function mutatedBody(random: Random, text: string): string {
  const way = random();
  if (way < 0.04) return text.slice(0, wholeBetween(random, 0, text.length));
  if (way < 0.06) return `${text}${text}`;
  if (way < 0.08) return '['.repeat(5000);
  if (way < 0.1) return text.replace('{', '{"__proto__": {"roles": ["agent"]}, ');
  if (way < 0.12) return `\ufeff${text}`;
  if (way < 0.16) return JSON.stringify(pick(random, VALUES));
  const body = parsed(text);
  if (typeof body !== 'object' || body === null) return text;
  changeSomewhere(random, body as Record<string, unknown>);
  return JSON.stringify(body);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** Changes, takes out or adds one field, on any level. */
function changeSomewhere(random: Random, within: Record<string, unknown>): void {
  const names = Object.keys(within);
  const name = pick(random, [...names, 'other'] as unknown as NonEmpty<string>);
  const value = within[name];
  if (typeof value === 'object' && value !== null && chance(random, 0.6))
    changeSomewhere(random, value as Record<string, unknown>);
  else if (chance(random, 0.15)) Reflect.deleteProperty(within, name);
  else if (chance(random, 0.2)) within[pick(random, KEYS)] = pick(random, VALUES);
  else within[name] = pick(random, VALUES);
}

export const asInjected = ({ method, url, headers, body }: RawCall): InjectOptions => ({
  method: method,
  url,
  headers,
  ...(body === null ? {} : { payload: body }),
});
