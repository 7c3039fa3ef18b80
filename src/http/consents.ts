import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { CONSENT_ORDERS, purposeField } from '../consent/consent-orders.js';
import type { StatedOrder } from '../consent/consent.js';
import { CONSENT_STATES, type ConsentState } from '../consent/consent-state.js';
import type { ActorName } from '../core/actor.js';
import { key } from './addresses.js';
import { callBy } from './caller.js';
import { answering, making, scope, type Routes } from './route.js';

const state = z.enum(CONSENT_STATES);
const at = z.string().nullable();

const recorded = z.object({
  id: z.string(),
  consent: z.string(),
  record: z.string(),
  purpose: z.string(),
  state,
  at: z.string(),
  validUntil: at,
});

const answer = z.object({
  record: z.string(),
  purpose: z.string(),
  asOf: z.string(),
  holds: z.boolean().describe('may processing rest on it?'),
  state,
  since: at,
  validUntil: at,
  policy: z.string().nullable(),
  wording: z.string().nullable().describe('the version that was shown'),
});

const forState = (name: ConsentState) => CONSENT_ORDERS[name].extend({ state: z.literal(name) });
const [first, ...others] = CONSENT_STATES;
/** Which fields go with it, the state says; the type checker cannot follow that through a list. */
const order = z.discriminatedUnion('state', [
  forState(first),
  ...others.map(forState),
]) as unknown as z.ZodType<StatedOrder>;

const event = z.unknown().describe('state, wording and version shown, language, channel, method, instant');

/** The person a consent is of; which words name a person, the data map says. */
const person = { record: z.string().regex(/^[a-z][a-z-]{0,31}$/), key };
const named = (params: { readonly record: string; readonly key: string }): string =>
  `${params.record}/${params.key}`;

/** Recorded by whoever the token is of; what they may record, lethe.json says. */
const recorder = (request: FastifyRequest): ActorName => ({
  name: callBy(request).actor.id,
  assurance: 'authenticated',
});

/** Consent: asked for, given, proved, withdrawn. Withdrawing takes no more than who and what for. */
export const consentRoutes: Routes = (app, { consent }) => {
  app.post(
    '/consents',
    {
      ...scope('consents:write'),
      schema: {
        operationId: 'recordConsent',
        summary: 'An event of a consent',
        body: order,
        response: making(recorded),
      },
    },
    async (request, reply) => reply.code(201).send(await consent.record(request.body, recorder(request))),
  );
  app.post(
    '/consents/withdrawals',
    {
      ...scope('consents:write'),
      schema: {
        operationId: 'withdrawConsent',
        summary: 'Holds in every process at once, and stops this purpose alone',
        body: CONSENT_ORDERS['dpv:ConsentWithdrawn'],
        response: making(recorded),
      },
    },
    async (request, reply) => reply.code(201).send(await consent.withdraw(request.body, recorder(request))),
  );
  app.get(
    '/consents/:record/:key',
    {
      ...scope('consents:read'),
      schema: {
        operationId: 'showConsents',
        summary: 'Every consent of a person, with its events',
        params: z.strictObject(person),
        response: answering(
          z.array(
            z.object({
              id: z.string(),
              purpose: z.string(),
              state,
              validUntil: at,
              events: z.array(event).readonly(),
            }),
          ),
        ),
      },
    },
    async (request) => [...(await consent.show(named(request.params)))],
  );
  app.get(
    '/consents/:record/:key/:purpose',
    {
      ...scope('consents:read'),
      schema: {
        operationId: 'checkConsent',
        summary: 'Does the person consent to the purpose, or did they?',
        params: z.strictObject({ ...person, purpose: purposeField }),
        querystring: z.strictObject({ asOf: z.iso.datetime({ offset: true }).optional() }),
        response: answering(answer),
      },
    },
    (request) => {
      const { purpose, ...who } = request.params;
      return consent.check({ record: named(who), purpose, ...request.query });
    },
  );
};
