import type { preValidationHookHandler } from 'fastify';
import { LetheError } from '../core/errors.js';

/** No call has a tenth of that; a schema would look at each of a million, and find something wrong with each. */
const MOST_PARTS = 10_000;

/** Before a schema looks at a body: refuses what is made of more values than any call is. */
export const refuseManyParts: preValidationHookHandler = (request, _reply, done) => {
  const waiting: unknown[] = [request.body];
  let parts = 0;
  while (waiting.length > 0 && parts <= MOST_PARTS) {
    const value = waiting.pop();
    if (typeof value !== 'object' || value === null) continue;
    const inside: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
    parts += inside.length;
    if (parts <= MOST_PARTS) waiting.push(...inside);
  }
  if (parts <= MOST_PARTS) done();
  else done(new LetheError('request_invalid', { problems: 'body: has more parts than any call takes' }));
};
