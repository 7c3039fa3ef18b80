import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { logOver } from '../log/log.js';
import { errorAnswer } from './error-answer.js';

/** Answers with code and words; what was our fault is logged, what was the caller's is not. */
export function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const { status, ...body } = errorAnswer(error, { ...request.routeOptions.schema });
  if (status >= 500) {
    const route = `${request.method} ${request.routeOptions.url ?? ''}`;
    logOver(request.log).error('request.failed', error, { route, status });
  }
  if (status === 401) void reply.header('www-authenticate', 'Bearer');
  void reply.code(status).send(body);
}
