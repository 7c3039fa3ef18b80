import { LogController, type FastifyServerOptions } from 'fastify';
import { answerError } from './answer-error.js';
import { QUIET } from './quiet-log.js';

/** An address that no route has may be anything: the line of the request says that there was one. */
class QuietLog extends LogController {
  override routeNotFound(): void {
    // the address is all it would say
  }
}

/**
 * For `Fastify(serverOptions)`: what a plugin cannot set, because it happens before any route is known. An address that is none
 * is refused like everything else, and is neither repeated nor logged.
 */
export const serverOptions = {
  logger: { level: 'info', serializers: QUIET },
  logController: new QuietLog(),
  frameworkErrors: answerError,
} satisfies FastifyServerOptions;
