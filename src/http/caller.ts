import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import type { Call } from '../access/call.js';
import { LetheError } from '../core/errors.js';
import type { Engine } from '../engine.js';
import type { Purpose } from '../policy/purposes.js';
import type { Scope } from '../tokens/scopes.js';
import type { GoodToken } from '../tokens/token-store.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a token must be good for; `public`: no token is asked for. */
    readonly letheScope?: Scope | 'public';
  }
  interface FastifyRequest {
    /** Who asks, and for which purpose: from the token, never from what the caller says of themselves. */
    letheCall: Call | null;
  }
}

export const PURPOSE_HEADER = 'lethe-purpose';

/** Before anything is read of a request but its headers. An unknown route has no scope, and no answer but 404. */
export const authenticate =
  (engine: Engine): onRequestAsyncHookHandler =>
  async (request) => {
    const scope = request.routeOptions.config.letheScope;
    if (scope === undefined || scope === 'public') return;
    const token = await engine.tokens.find(bearerOf(request));
    if (!token.scopes.includes(scope)) throw new LetheError('scope_missing', { scope });
    request.letheCall = callOf(token, request.headers[PURPOSE_HEADER]);
  };

/** In a route that asks for a token. */
export function callBy({ letheCall }: FastifyRequest): Call {
  if (letheCall === null) throw new TypeError('this route asks for no token, so nobody is known to call');
  return letheCall;
}

function bearerOf({ headers }: FastifyRequest): string {
  const [, secret = ''] = /^bearer ([^ ]+)$/i.exec(headers.authorization ?? '') ?? [];
  return secret;
}

const callOf = ({ actor, roles, purposes }: GoodToken, asked: string | string[] | undefined): Call => ({
  actor: { id: actor, roles, assurance: 'authenticated' },
  purpose: purposeOf(purposes, asked),
});

/** A token for one purpose need not name it. What was asked for is not repeated: it may be anything. */
function purposeOf(purposes: readonly Purpose[], asked: string | string[] | undefined): Purpose {
  const named = asked === undefined && purposes.length === 1 ? purposes[0] : asked;
  const purpose = purposes.find((one) => one === named);
  if (purpose === undefined) throw new LetheError('purpose_refused', { purposes: purposes.join(', ') });
  return purpose;
}
