import type { FastifyInstance, FastifyRequest } from 'fastify';
import { shownError } from '../log/log-fields.js';

/**
 * What a logger of Fastify's may say of a request: no address (an unknown one may be anything), no header, no body, no peer.
 * The pattern of the route in place of its address; of an error what our own log says of it.
 */
export const QUIET = {
  req: (request: FastifyRequest) => ({
    method: request.method,
    route: request.routeOptions.url ?? 'unknown',
  }),
  res: ({ statusCode = 0 }: { readonly statusCode?: number | string }) => ({ statusCode }),
  err: (error: unknown) => ({ type: 'error', stack: '', ...shownError(error) }),
};

/** For all routes of the instance, also for those that are not there. */
export function keepLogQuiet(app: FastifyInstance): void {
  app.setChildLoggerFactory((logger, bindings, options) =>
    logger.child(bindings, { ...options, serializers: QUIET }),
  );
}
