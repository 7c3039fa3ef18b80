import { Ajv2020 } from 'ajv/dist/2020.js';
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import { expect } from 'chai';
import { closeDesks, type Json } from '../support/small-desk.js';
import { jsonOf, MARKERS, serveDesk, withToken, type ServedDesk } from './served-desk.js';

const b64 = (text: string): string => Buffer.from(text).toString('base64');
const FILE = { fileName: 'a.txt', mediaType: 'text/plain', content: b64('hello') };
const NEW = {
  channel: 'web',
  subject: 'Late parcel',
  body: 'Where is it?',
  category: 'order',
  customer: { name: 'Erika Muster', email: 'erika@example.org' },
  attachments: [FILE],
};
const MARKETING = { record: 'customer/3', purpose: 'dpv:DirectMarketing' };
const GIVEN = {
  ...MARKETING,
  state: 'dpv:ConsentGiven',
  wording: '2026-11',
  language: 'de',
  channel: 'web',
  method: 'written',
  age: { years: 44 },
};

interface Described {
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}
type Paths = Readonly<Record<string, Readonly<Record<string, Described>>>>;

describe('the HTTP routes', () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  let described: Paths;
  let served: ServedDesk;
  let secret: string;
  /** Routes that have answered as they say, by method and pattern. */
  const answered = new Set<string>();
  before(async () => {
    served = await serveDesk();
    secret = await served.token();
    described = (jsonOf(await served.app.inject({ url: '/desk/openapi.json' }), 200) as { paths: Paths })
      .paths;
  });
  after(async () => {
    await served.app.close();
    await closeDesks();
  });

  const inject = (request: InjectOptions) => served.app.inject(withToken(secret, request));
  async function send(status: number, method: 'GET' | 'POST', route: string, rest: InjectOptions) {
    const response = await inject({ method, url: at(route), ...rest });
    if (response.statusCode === status && status < 300) {
      expectDescribed(response, method, route);
      answered.add(`${method} ${route}`);
    }
    return response;
  }
  /** Nothing that its description does not know leaves: the types say so, and this looks. */
  function expectDescribed(
    { statusCode, body }: LightMyRequestResponse,
    method: string,
    route: string,
  ): void {
    const operation = described[`/desk${route.replace(/:(\w+)/g, '{$1}')}`]?.[method.toLowerCase()];
    const schema = operation?.responses[String(statusCode)]?.content['application/json']?.schema;
    const validate = ajv.compile(schema ?? expect.fail(`${method} ${route} does not describe ${statusCode}`));
    expect(validate(JSON.parse(body)), `${route} ${JSON.stringify(validate.errors)}`).to.equal(true);
  }
  /** `/tickets/:ticket/replies` with the records that are there. */
  const at = (route: string): string =>
    `/desk${route.replace(':ticket', '77').replace(':key', route.startsWith('/customers') ? '3' : '5')}`;
  const made = async (route: string, payload: object): Promise<Json> =>
    jsonOf(await send(201, 'POST', route, { payload }), 201);
  const done = async (route: string, payload?: object): Promise<Json> =>
    jsonOf(await send(200, 'POST', route, payload ? { payload } : {}), 200);
  const told = async (route: string, url = at(route)): Promise<Json> =>
    jsonOf(await send(200, 'GET', route, { url }), 200);

  it('open a ticket and show it, by key and by number, with what was taken of it', async () => {
    const opened = await made('/tickets', NEW);
    expect(opened['number']).to.match(/^T-\d{4}-\d+$/);
    const byKey = await told('/tickets/:ticket', `/desk/tickets/${String(opened['ticket']).slice(7)}`);
    expect(byKey).to.have.nested.property('ticket.fields.subject', 'Late parcel');
    expect(byKey).to.have.nested.property('messages[0].attachments[0].fields.file_name', 'a.txt');
    expect(byKey).to.have.nested.property('ticket.decision.policies[0].id', 'agents-ticket');
    expect(await told('/tickets/:ticket', `/desk/tickets/${String(opened['number'])}`)).to.deep.equal(byKey);
  });

  it('list by words of an address, page by page, and find by a body', async () => {
    const route = '/tickets';
    const first = await told(route, '/desk/tickets?status=new&status=open&assigned=me&limit=1&count=true');
    expect(first).to.have.nested.property('tickets[0].record', 'ticket/77');
    const page = await told(route, '/desk/tickets?limit=1&sort=number');
    const next = await told(route, `/desk/tickets?limit=1&sort=number&after=${String(page['next'])}`);
    expect(next['tickets']).to.have.length(1).and.not.deep.equal(page['tickets']);
    const found = await done('/tickets/find', { email: 'Maria.Marker@example.org' });
    expect(found).to.have.nested.property('[0].record', 'ticket/77');
  });

  it('reply, note, attach, assign, change, link and forward', async () => {
    const reply = await made('/tickets/:ticket/replies', { body: 'We look.', attachments: [FILE] });
    expect(reply['message']).to.match(/^message\/\d+$/);
    await made('/tickets/:ticket/notes', { body: 'call back' });
    const attached = await made('/messages/:key/attachments', { files: [FILE, FILE] });
    expect(attached['attachments']).to.have.length(2);
    expect(await done('/tickets/:ticket/assignment', { agent: 'agent/8' })).to.include({ agent: 'agent/8' });
    expect(await done('/tickets/:ticket/assignment', { agent: null })).to.include({ agent: null });
    expect(await done('/tickets/:ticket/changes', { status: 'pending' })).to.include({ status: 'pending' });
    const link = { to: 'ticket/78', type: 'related' };
    expect(await done('/tickets/:ticket/links', link)).to.include({ linked: true });
    const forward = { recipient: 'hosting', fields: ['customer.name'] };
    expect(await made('/tickets/:ticket/forwards', forward)).to.include({ recipient: 'hosting' });
  });

  it('keep statements, corrections and what is to be done about them', async () => {
    for (const route of [
      '/tickets/:key/statements',
      '/messages/:key/statements',
      '/customers/:key/statements',
    ])
      if (route.startsWith('/tickets')) await send77(route);
      else expect(await made(route, { text: 'That was not so.' })).to.have.property('statement');
    const read = await told('/tickets/:ticket');
    expect(read).to.have.nested.property('messages[0].statements[0].body', 'That was not so.');
    const corrected = await made('/customers/:key/corrections', {
      field: 'city',
      value: 'Bonn',
      reason: 'moved',
    });
    expect(corrected['rectification']).to.match(/^rectification-/);
    expect(await told('/tasks')).to.be.an('array');
  });
  async function send77(route: string): Promise<void> {
    const response = await inject({
      method: 'POST',
      url: '/desk/tickets/77/statements',
      payload: { text: 'No.' },
    });
    jsonOf(response, 201);
    answered.add(`POST ${route}`);
  }

  it('give bytes for saving, and never as a page of this server', async () => {
    for (const part of ['attachments', 'recordings']) {
      const response = await inject({ url: `/desk/${part}/1/content` });
      expect(response.statusCode, response.body).to.equal(200);
      expect(response.headers).to.include({
        'content-disposition': 'attachment',
        'content-security-policy': "default-src 'none'; sandbox",
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
      });
      answered.add(`GET /${part}/:key/content`);
    }
    const response = await inject({ url: '/desk/attachments/1/content' });
    expect(response.headers).to.include({ 'content-type': 'text/html', 'content-length': '9' });
    expect(response.body).to.equal('<b>hi</b>');
  });

  it('flag a message, and take one out of every reading', async () => {
    expect(await done('/messages/:key/sensitive')).to.include({ message: 'message/5', flagged: true });
    const redacted = await made('/redactions', { record: 'message/6', kind: 'card' });
    expect(redacted).to.include({ record: 'message/6', copy: null });
    const read = await told('/tickets/:ticket', '/desk/tickets/78');
    expect(read['messages']).to.deep.equal([]);
  });

  it('show customers their own ticket, with the proof that came to their address', async () => {
    const asked = { number: 'T-2026-000077', address: 'maria.marker@example.org' };
    const answer = await made('/follow', asked);
    expect(await made('/follow', { ...asked, address: 'somebody@example.org' })).to.deep.equal(answer);
    await new Promise((resolve) => setImmediate(resolve));
    expect(served.delivered).to.have.length(1);
    const { number, token } = served.delivered[0] ?? expect.fail('nothing was sent');
    const view = await done('/follow/read', { number, token });
    expect(view).to.have.nested.property('ticket.fields.subject').and.not.have.property('withheld');
    const again = await inject({
      method: 'POST',
      url: '/desk/follow/read',
      payload: { number, token: 'x'.repeat(43) },
    });
    expect(jsonOf(again, 403)['error']).to.equal('access_denied');
  });

  it('record consent, answer for it, and end it by no more than who and what for', async () => {
    expect(await made('/consents', GIVEN)).to.include({ state: 'dpv:ConsentGiven' });
    const check = '/consents/:record/:key/:purpose';
    const url = '/desk/consents/customer/3/dpv:DirectMarketing';
    expect(await told(check, url)).to.include({ holds: true });
    expect(await told(check, `${url}?asOf=2020-01-01T00:00:00Z`)).to.include({ holds: false });
    expect(await made('/consents/withdrawals', MARKETING)).to.include({ state: 'dpv:ConsentWithdrawn' });
    expect(await told(check, url)).to.include({ holds: false });
    const all = await told('/consents/:record/:key', '/desk/consents/customer/3');
    expect(all).to.have.nested.property('[0].events').with.length(2);
  });

  it('tell everybody what the privacy notice says, and keep the one that is shown', async () => {
    const url = '/desk/privacy-notice?channel=web&language=de';
    const notice = await served.app.inject({ url });
    expect(notice.statusCode, notice.body).to.equal(200);
    expect(notice.headers['content-type']).to.match(/^text\/html/);
    answered.add('GET /privacy-notice');
    const shown = await made('/privacy-notices', { channel: 'web', language: 'de' });
    expect(shown['digest']).to.equal(notice.headers['lethe-notice']);
    await made('/tickets', { ...NEW, notice: { digest: shown['digest'], language: 'de' } });
    expect((await served.app.inject({ url: `${url}&format=pdf` })).body).to.match(/^%PDF-/);
    expect(
      jsonOf(await served.app.inject({ url: '/desk/privacy-notice?channel=fax' }), 400),
    ).to.have.property('error', 'request_invalid');
  });

  it('have all been asked, and answer as their description says', () => {
    const all = Object.entries(described).flatMap(([path, methods]) =>
      Object.keys(methods).map(
        (method) => `${method.toUpperCase()} ${path.replace(/^\/desk/, '').replace(/\{(\w+)\}/g, ':$1')}`,
      ),
    );
    expect(all.filter((route) => !answered.has(route))).to.deep.equal([]);
  });

  it('forbid every cache, and let no page of another origin in', async () => {
    const requests: readonly InjectOptions[] = [
      { url: '/desk/tickets/77' },
      { url: '/desk/tickets/77', method: 'HEAD' },
      { url: '/desk/tickets/99999' },
      { url: '/desk/nowhere' },
      { url: '/desk/tickets', method: 'POST', payload: '{' },
      { url: '/desk/tickets', method: 'OPTIONS', headers: { 'access-control-request-method': 'POST' } },
      { url: '/desk/openapi.json' },
    ];
    for (const request of requests) {
      const { headers } = await inject({
        ...request,
        headers: { ...request.headers, origin: 'https://evil.example' },
      });
      expect(headers).to.include({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).to.deep.equal([]);
    }
  });

  it('log methods, patterns and states, and nothing of a person, an address or a token', async () => {
    await inject({ url: '/desk/tickets/77?Marker-Muster=1' });
    await inject({ url: '/desk/Marker-Muster/%zz' });
    await inject({ url: '/Marker-Muster' });
    const log = served.log();
    expect(log).to.include('/desk/tickets/:ticket');
    for (const marker of [...MARKERS, 'erika@example.org', secret, '127.0.0.1', 'authorization', 'T-2026'])
      expect(log.toLowerCase()).not.to.include(marker.toLowerCase());
  });
});
