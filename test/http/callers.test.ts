import type { InjectOptions } from 'fastify';
import { expect } from 'chai';
import type { TokenOrder } from '../../src/tokens/token-order.js';
import { testClock } from '../support/published.js';
import { closeDesks, officer, type Json } from '../support/small-desk.js';
import { jsonOf, serveDesk, withToken, type ServedDesk } from './served-desk.js';

const READ: InjectOptions = { url: '/desk/tickets/77' };

describe('who calls the HTTP routes', () => {
  let served: ServedDesk;
  const clock = testClock('2026-06-01T12:00:00.000000Z');
  before(async () => {
    served = await serveDesk(clock);
  });
  after(async () => {
    await served.app.close();
    await closeDesks();
  });

  async function answer(
    different: Partial<TokenOrder>,
    request: InjectOptions,
    status: number,
  ): Promise<Json> {
    const secret = await served.token(different);
    return jsonOf(await served.app.inject(withToken(secret, request)), status);
  }

  it('needs a token: none, unknown, expired and revoked are one answer, and nothing else is said', async () => {
    const [expired, revoked] = [await served.token({ expires: 'P1D' }), await served.token()];
    await served.engine.tokens.revoke((await served.engine.tokens.find(revoked)).id, officer);
    clock.set('2026-06-03T12:00:00.000000Z');
    const never = `lethe_${'A'.repeat(43)}`;
    const said: readonly (string | undefined)[] = [
      undefined,
      '',
      'Bearer',
      `Bearer ${never}`,
      `Bearer ${expired}`,
      `Bearer ${revoked}`,
      `Basic ${never}`,
      `Bearer ${never} ${never}`,
      `Bearer ${never}, Bearer ${never}`,
    ];
    const answers = new Set<string>();
    for (const authorization of said) {
      const headers = authorization === undefined ? {} : { authorization };
      const response = await served.app.inject({ ...READ, headers });
      expect(jsonOf(response, 401)).to.have.property('error', 'token_invalid');
      expect(response.headers['www-authenticate']).to.equal('Bearer');
      answers.add(response.body);
    }
    expect(answers).to.have.property('size', 1);
    clock.set('2026-06-01T12:00:00.000000Z');
  });

  it('is asked before anything is read of a call: a body that is none is not looked at', async () => {
    const headers = { 'content-type': 'application/json' };
    const response = await served.app.inject({ method: 'POST', url: '/desk/tickets', headers, payload: '{' });
    expect(jsonOf(response, 401)).to.have.property('error', 'token_invalid');
  });

  it('may do what the scopes of the token say, and nothing else', async () => {
    const write: InjectOptions = {
      method: 'POST',
      url: '/desk/tickets/77/notes',
      payload: { body: 'a note' },
    };
    const find: InjectOptions = {
      method: 'POST',
      url: '/desk/tickets/find',
      payload: { number: 'T-2026-000077' },
    };
    const follow: InjectOptions = {
      method: 'POST',
      url: '/desk/follow',
      payload: { number: 'T-1', address: 'a@b.c' },
    };
    const check: InjectOptions = { url: '/desk/consents/customer/3/dpv:DirectMarketing' };
    const needs: readonly (readonly [InjectOptions, number, string])[] = [
      [READ, 200, 'tickets:read'],
      [find, 200, 'tickets:read'],
      [write, 201, 'tickets:write'],
      [follow, 201, 'tickets:follow'],
      [check, 200, 'consents:read'],
    ];
    for (const [request, , needed] of needs)
      for (const [, , scope] of needs) {
        const secret = await served.token({ scopes: [scope] });
        const response = await served.app.inject(withToken(secret, request));
        if (scope === needed) expect(response.statusCode, response.body).to.be.below(300);
        else expect(jsonOf(response, 403), scope).to.have.property('error', 'scope_missing');
      }
  });

  it('calls for a purpose of the token: the one it has, or the one that is named', async () => {
    const two = { purposes: ['dpv:CustomerCare', 'dpv:DirectMarketing'] };
    const naming = (purpose: string): InjectOptions => ({ ...READ, headers: { 'lethe-purpose': purpose } });
    await answer({}, READ, 200);
    await answer({}, naming('dpv:CustomerCare'), 200);
    await answer(two, naming('dpv:CustomerCare'), 200);
    for (const request of [READ, naming('dpv:EnforceSecurity'), naming('Marker-Muster'), naming('')])
      expect(await answer(two, request, 403)).to.have.property('error', 'purpose_refused');
    const other = await answer({}, naming('dpv:DirectMarketing'), 403);
    expect(other['error']).to.equal('purpose_refused');
    const denied = await answer(two, naming('dpv:DirectMarketing'), 403);
    expect(denied['error'], 'the token may, the policies do not').to.equal('access_denied');
  });

  it('is who the token is of, with its roles, whatever else the call says', async () => {
    await answer({ roles: ['nobody'] }, READ, 403);
    const claims = { 'x-actor': 'agent/7', 'x-roles': 'agent', 'lethe-actor': 'agent/7' };
    await answer({ roles: ['nobody'] }, { ...READ, headers: claims }, 403);
    await answer(
      { actor: 'agent/8' },
      { method: 'POST', url: '/desk/tickets/77/notes', payload: { body: 'x' } },
      201,
    );
    const [note] = await served.desk.admin<{ agent_id: string }>(
      'select agent_id from desk.messages order by id desc limit 1',
    );
    expect(note?.agent_id).to.equal('8');
  });

  it('is told the same of a record that is not there and of one that may not be seen', async () => {
    const roles = { roles: ['nobody'] };
    const [there, nowhere] = [
      await answer(roles, READ, 403),
      await answer(roles, { url: '/desk/tickets/76' }, 403),
    ];
    const same = (body: Json): string => String(body['message']).replace(/7[67]/, 'N');
    expect(same(there)).to.equal(same(nowhere));
    expect(there['error']).to.equal('access_denied');
  });

  it('is told which field is wrong, and never what was in it', async () => {
    const payload = {
      channel: 'Marker-Muster',
      subject: 'x'.repeat(301),
      body: 'a\0b',
      category: 7,
      customer: { email: 'marker@example.org', 'Marker-Muster': 1 },
      sources: { 'marker@example.org': {} },
      'marker@example.org': true,
    };
    const body = await answer({}, { method: 'POST', url: '/desk/tickets', payload }, 400);
    expect(body['error']).to.equal('request_invalid');
    for (const field of [
      'body/channel',
      'body/subject',
      'body/body',
      'body/category',
      'body/customer',
      'body/sources',
    ])
      expect(body['message']).to.include(`${field}: `);
    expect(String(body['message']).toLowerCase()).not.to.include('marker');
  });

  const refused: Readonly<Record<string, [number, string, InjectOptions]>> = {
    'a route that is not there': [404, 'route_unknown', { url: '/desk/nothing' }],
    'a method that a route has not': [404, 'route_unknown', { method: 'DELETE', url: '/desk/tickets/77' }],
    'an address that is none': [400, 'request_invalid', { url: '/desk/tickets/%zz' }],
    'an address that is too long': [400, 'request_invalid', { url: `/desk/tickets/${'7'.repeat(5000)}` }],
    'a key of another form': [400, 'request_invalid', { url: '/desk/tickets/Marker-Muster' }],
    'another filter than there is': [400, 'request_invalid', { url: '/desk/tickets?name=Marker-Muster' }],
    'a body that is no JSON': [
      400,
      'request_invalid',
      {
        method: 'POST',
        url: '/desk/tickets',
        payload: '{"a',
        headers: { 'content-type': 'application/json' },
      },
    ],
    'a body of another type': [
      415,
      'media_type_unknown',
      { method: 'POST', url: '/desk/tickets', payload: 'hello', headers: { 'content-type': 'text/plain' } },
    ],
    'a body that is too large': [
      413,
      'body_too_large',
      { method: 'POST', url: '/desk/tickets/find', payload: { text: 'x'.repeat(300_000) } },
    ],
    'a body of a hundred thousand parts': [
      400,
      'request_invalid',
      {
        method: 'POST',
        url: '/desk/messages/5/attachments',
        payload: { files: new Array(100_000).fill(7777) },
      },
    ],
    'a body in which much is wrong': [
      400,
      'request_invalid',
      { method: 'POST', url: '/desk/messages/5/attachments', payload: { files: new Array(9_000).fill({}) } },
    ],
    'the keys of a prototype': [
      400,
      'request_invalid',
      {
        method: 'POST',
        url: '/desk/tickets/find',
        payload: '{"number": "T-1", "__proto__": {"roles": ["agent"]}}',
        headers: { 'content-type': 'application/json' },
      },
    ],
  };
  for (const [what, [status, code, request]] of Object.entries(refused))
    it(`is refused ${what}: ${status} ${code}`, async () => {
      const body = await answer({}, request, status);
      expect(body['error']).to.equal(code);
      expect(Object.keys(body)).to.deep.equal(['error', 'message']);
      expect(JSON.stringify(body)).not.to.match(/marker|zz|7777/i);
    });
});
