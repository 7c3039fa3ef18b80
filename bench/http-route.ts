import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import Fastify, { type FastifyInstance } from 'fastify';
import type pg from 'pg';
import { systemClock } from '../src/core/clock.js';
import { guardedTables } from '../src/datamap/graph.js';
import { loadMap } from '../src/datamap/load.js';
import { openPostgres } from '../src/db/postgres.js';
import { engineOver, type Engine } from '../src/engine.js';
import { lethe } from '../src/http/fastify.js';
import { byKind } from '../src/policy/policy.js';
import { readPolicies, readPolicyFiles } from '../src/policy/policy-set.js';
import { byTurns, rounded, type Bench } from './bench.js';
import { serverLine } from './databases.js';
import { byHand, callOf, CALLERS, guardedTemplate, type Audit } from './guarded-desk.js';
import { readByHand } from './guarded-read.js';
import type { HttpOrder } from './http-callers.js';

/**
 * Requests a second of 16 callers who read whole tickets over loopback, from a process of their own: the routes of lethe/fastify
 * under the shipped policies, against a bare Fastify route over pg with a token looked up by its hash, the same statement
 * written by hand and the same rows in the audit log, grouped alike. Neither logs.
 */
export const httpRoute: Bench = async (options) => {
  const tickets = options.small ? 800 : 20_000;
  const calls = options.small ? 400 : 8_000;
  const dataset = `${calls} requests for one of ${tickets} tickets over loopback, ${CALLERS} callers`;
  options.say(`http-route: ${dataset}; ${await serverLine()}`);
  const template = await guardedTemplate(tickets);
  const measured = async (app: FastifyInstance, engine: Engine): Promise<number> => {
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as AddressInfo;
    const taken = await callersFor({
      port,
      calls,
      tickets,
      warmUp: CALLERS * 8,
      secrets: await tokens(engine),
    });
    await app.close();
    return taken;
  };
  try {
    const [ours, theirs] = await byTurns(
      options,
      {
        name: 'lethe/fastify',
        run: () =>
          template.onCopy((url) =>
            withEngine(url, async (engine) => {
              const app = Fastify();
              await app.register(lethe, { engine, prefix: '/desk' });
              return measured(app, engine);
            }),
          ),
      },
      {
        name: 'bare',
        run: () =>
          template.onCopy((url) =>
            withEngine(url, (engine) =>
              byHand(url, (pool, audit) => measured(bareServer(pool, audit), engine)),
            ),
          ),
      },
    );
    return {
      bench: 'http-route',
      ratio: rounded(theirs / ours),
      bound: '>=0.7',
      dataset,
      runs: options.runs,
      requestsPerSecond: Math.round(calls / ours),
      barePerSecond: Math.round(calls / theirs),
    };
  } finally {
    await template.drop();
  }
};

/** The engine under the shipped policies. */
async function withEngine<T>(url: string, work: (engine: Engine) => Promise<T>): Promise<T> {
  const db = await openPostgres(url, { max: CALLERS });
  const graph = await loadMap('native', {}, '.');
  db.guard(guardedTables(graph));
  const folder = fileURLToPath(new URL('../policies/native', import.meta.url));
  const policies = byKind(readPolicies(graph, await readPolicyFiles(folder, 'policies/native', []), []));
  const engine = engineOver({
    db,
    graph,
    clock: systemClock,
    vault: null,
    policiesInForce: () => Promise.resolve([]),
    policiesByKind: () => Promise.resolve(policies),
  });
  try {
    return await work(engine);
  } finally {
    await engine.close();
  }
}

/** One token a caller: each is another agent. */
async function tokens(engine: Engine): Promise<readonly string[]> {
  const secrets: string[] = [];
  for (let caller = 0; caller < CALLERS; caller += 1) {
    const { actor, purpose } = callOf(caller);
    const order = { roles: actor.roles, purposes: [purpose], scopes: ['tickets:read'], expires: 'P1D' };
    const by = { name: 'officer', assurance: 'asserted' } as const;
    secrets.push((await engine.tokens.create({ actor: actor.id, ...order }, by)).secret);
  }
  return secrets;
}

const TOKEN = `select actor from lethe.token
  where hash = $1 and revoked_at is null and expires_at > now() and 'tickets:read' = any(scopes)`;

/** What an engineer would write: a token by its hash, a statement, a line in the audit log. */
function bareServer(pool: pg.Pool, audit: Audit): FastifyInstance {
  const app = Fastify();
  app.get<{ Params: { id: string } }>('/desk/tickets/:id', async (request, reply) => {
    const secret = request.headers.authorization?.slice('Bearer '.length) ?? '';
    const hash = createHash('sha256').update(secret).digest('hex');
    const { rows } = await pool.query<{ actor: string }>(TOKEN, [hash]);
    const [found] = rows;
    if (!found) return reply.code(401).send({ error: 'token_invalid' });
    const agent = Number(found.actor.split('/')[1]);
    return readByHand(pool, audit, agent - 1, request.params.id);
  });
  return app;
}

async function callersFor(order: HttpOrder): Promise<number> {
  const child = fork(fileURLToPath(new URL('./http-callers.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx'],
  });
  child.send(order);
  const outcome = await Promise.race([
    once(child, 'message').then(([taken]) => taken as number),
    once(child, 'exit').then(() => null),
  ]);
  child.kill();
  if (outcome === null) throw new Error('the callers ended before they were done');
  return outcome;
}
