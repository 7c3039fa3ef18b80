import type { FastifyPluginAsync, onRequestHookHandler } from 'fastify';
import { validatorCompiler } from 'fastify-type-provider-zod';
import { LetheError } from '../core/errors.js';
import type { Engine } from '../engine.js';
import { answerError } from './answer-error.js';
import { refuseManyParts } from './body-parts.js';
import { authenticate } from './caller.js';
import { noticeRoutes } from './notices.js';
import { describeRoutes, requireScope } from './openapi.js';
import { consentRoutes } from './consents.js';
import { contentRoutes } from './contents.js';
import { correctingRoutes } from './correcting.js';
import { followingRoutes } from './following.js';
import { keepLogQuiet } from './quiet-log.js';
import { readingRoutes } from './reading.js';
import { withZod, type Routes } from './route.js';
import { writingRoutes } from './writing.js';

export interface LetheOptions {
  /** The engine stays the application's: closing the server does not close it. */
  readonly engine: Engine;
}

const BODY_LIMIT = 256 * 1024;

const ROUTES: readonly Routes[] = [
  readingRoutes,
  contentRoutes,
  writingRoutes,
  correctingRoutes,
  followingRoutes,
  consentRoutes,
  noticeRoutes,
];

/**
 * The ticket routes as a Fastify plugin: `await app.register(lethe, { engine, prefix: '/desk' })`. What it sets (schemas from
 * zod, errors, headers, what the log may say) it sets for its own routes alone. With a prefix it also answers for what is not
 * there below it. Every call needs a token (`lethe token create`); /openapi.json says what each takes.
 */
export const lethe: FastifyPluginAsync<LetheOptions> = async (app, { engine }) => {
  keepLogQuiet(app);
  app.setValidatorCompiler(validatorCompiler).setSerializerCompiler(asItIs);
  app.removeContentTypeParser('text/plain');
  app.decorateRequest('letheCall', null);
  app.addHook('onRoute', (route) => {
    requireScope(route);
    route.bodyLimit ??= BODY_LIMIT;
  });
  app.addHook('onRequest', guardedHeaders).addHook('onRequest', authenticate(engine));
  app.addHook('preValidation', refuseManyParts);
  app.setErrorHandler(answerError);
  if (app.prefix !== '')
    app.setNotFoundHandler((_request, reply) => reply.send(new LetheError('route_unknown')));
  await describeRoutes(app);
  for (const add of ROUTES) add(withZod(app), engine);
};

/** The type checker has seen that an answer is what its schema says; to look at each again costs as much as reading a ticket. */
const asItIs = () => (answer: unknown) => JSON.stringify(answer);

/** Every answer may hold personal data: no cache keeps it, and nothing guesses what else it could be. */
const guardedHeaders: onRequestHookHandler = (_request, reply, done) => {
  void reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  done();
};
