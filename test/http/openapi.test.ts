import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import { z } from 'zod';
import { PURPOSES } from '../../src/policy/purposes.js';
import { closeDesks } from '../support/small-desk.js';
import { serveDesk, type ServedDesk } from './served-desk.js';

/** What OpenAPI 3.1 asks of a description, as far as ours goes. */
const parameter = z.strictObject({
  name: z.string(),
  in: z.enum(['path', 'query', 'header']),
  required: z.boolean().optional(),
  description: z.string().optional(),
  schema: z.record(z.string(), z.unknown()),
});
const content = z.record(z.string().regex(/^[\w-]+\/[\w-]+$/), z.strictObject({ schema: z.unknown() }));
const operation = z.strictObject({
  operationId: z.string(),
  summary: z.string(),
  description: z.string().optional(),
  security: z.array(z.strictObject({ token: z.array(z.never()).optional() })),
  parameters: z.array(parameter).optional(),
  requestBody: z.strictObject({ required: z.literal(true), content }).optional(),
  responses: z.record(
    z.string().regex(/^(\d{3}|default)$/),
    z.looseObject({ description: z.string(), content: content.optional() }),
  ),
});
const description = z.strictObject({
  openapi: z.string().regex(/^3\.1\.\d$/),
  info: z.strictObject({ title: z.string(), version: z.string(), description: z.string() }),
  components: z.strictObject({
    securitySchemes: z.record(
      z.string(),
      z.strictObject({ type: z.literal('http'), scheme: z.literal('bearer') }),
    ),
    schemas: z.record(z.string(), z.unknown()).optional(),
  }),
  paths: z.record(z.string().startsWith('/desk/'), z.record(z.enum(['get', 'post']), operation.optional())),
});
type Operation = z.infer<typeof operation>;

/** Whoever builds on the routes builds on these: another list is a change that users notice. */
const ROUTES = `
  GET /attachments/{key}/content tickets:read
  GET /consents/{record}/{key} consents:read
  GET /consents/{record}/{key}/{purpose} consents:read
  GET /privacy-notice public
  GET /recordings/{key}/content tickets:read
  GET /tasks tickets:read
  GET /tickets tickets:read
  GET /tickets/{ticket} tickets:read
  POST /consents consents:write
  POST /consents/withdrawals consents:write
  POST /customers/{key}/corrections tickets:write
  POST /customers/{key}/statements tickets:write
  POST /follow tickets:follow
  POST /follow/read tickets:follow
  POST /messages/{key}/attachments tickets:write
  POST /messages/{key}/sensitive tickets:write
  POST /messages/{key}/statements tickets:write
  POST /privacy-notices tickets:write
  POST /redactions tickets:write
  POST /tickets tickets:write
  POST /tickets/find tickets:read
  POST /tickets/{key}/statements tickets:write
  POST /tickets/{ticket}/assignment tickets:write
  POST /tickets/{ticket}/changes tickets:write
  POST /tickets/{ticket}/forwards tickets:write
  POST /tickets/{ticket}/links tickets:write
  POST /tickets/{ticket}/notes tickets:write
  POST /tickets/{ticket}/replies tickets:write`;

describe('/openapi.json', () => {
  let served: ServedDesk;
  let document: z.infer<typeof description>;
  let operations: readonly (readonly [string, string, Operation])[];
  before(async () => {
    served = await serveDesk();
    const response = await served.app.inject({ url: '/desk/openapi.json' });
    document = description.parse(response.json());
    operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, one]) =>
        one ? [[method.toUpperCase(), path.replace(/^\/desk/, ''), one] as const] : [],
      ),
    );
  });
  after(async () => {
    await served.app.close();
    await closeDesks();
  });

  it('lists the routes, with the scope that each takes', () => {
    const lines = operations.map(
      ([method, path, { description: text }]) =>
        `${method} ${path} ${/scope (\S+)\.$/.exec(text ?? '')?.[1] ?? 'public'}`,
    );
    expect(lines.sort()).to.deep.equal(ROUTES.trim().split(/\n +/));
  });

  it('names every operation once, and what each part of an address is', () => {
    const ids = operations.map(([, , { operationId }]) => operationId);
    expect(new Set(ids).size).to.equal(ids.length);
    for (const [, path, { parameters = [] }] of operations) {
      const declared = parameters.filter((one) => one.in === 'path').map(({ name }) => name);
      expect(declared.sort(), path).to.deep.equal(
        [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort(),
      );
      expect(
        parameters.filter((one) => one.in === 'path').every(({ required }) => required === true),
      ).to.equal(true);
    }
  });

  it('says of every route that takes a token which purposes it can be called for', () => {
    for (const [, path, { parameters = [], security }] of operations) {
      const purpose = parameters.find(({ name }) => name === 'lethe-purpose');
      expect(purpose?.schema['enum'], path).to.deep.equal(security.length === 0 ? undefined : PURPOSES);
    }
  });

  it('has schemas that are some, and the same answer to everything that goes wrong', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    for (const [method, path, { requestBody, responses, parameters = [] }] of operations) {
      const bodies = [requestBody, ...Object.values(responses)].flatMap((one) =>
        Object.values(one?.content ?? {}),
      );
      for (const { schema } of [...bodies, ...parameters])
        expect(ajv.validateSchema(schema as object), `${method} ${path}`).to.equal(true);
      const wrong = responses['default']?.content?.['application/json']?.schema as {
        required: readonly string[];
      };
      expect(wrong.required, `${method} ${path}`).to.deep.equal(['error', 'message']);
      if (method === 'POST' && !path.endsWith('/sensitive'))
        expect(requestBody, path).not.to.equal(undefined);
    }
    expect(JSON.stringify(document)).not.to.match(/"\$ref":/);
  });

  it('accepts what the routes accept', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    const open = operations.find(([, , { operationId }]) => operationId === 'openTicket')?.[2];
    const validate = ajv.compile(open?.requestBody?.content['application/json']?.schema as object);
    const ticket = { channel: 'web', subject: 's', body: 'b', category: 'c', customer: 'customer/3' };
    expect(validate(ticket), JSON.stringify(validate.errors)).to.equal(true);
    expect(validate({ ...ticket, other: 1 })).to.equal(false);
    expect(validate({ ...ticket, channel: 'fax' })).to.equal(false);
  });
});
