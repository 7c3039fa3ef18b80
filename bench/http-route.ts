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
import { median, rounded, type Bench } from './bench.js';
import { serverLine } from './databases.js';
import { byHand, callOf, CALLERS, guardedTemplate, type Audit } from './guarded-desk.js';
import { readByHand } from './guarded-read.js';
import type { HttpOrder } from './http-callers.js';

/** Requests that one server answers before it is the other's turn: whatever else the machine does strikes both. */
const TURN = 500;

/**
 * Requests a second of 16 callers who read whole tickets over loopback, from a process of their own: the routes of lethe/fastify
 * under the shipped policies, against a bare Fastify route over pg with a token looked up by its hash, the same statement
 * written by hand and the same rows in the audit log, grouped alike. Neither logs. Both are there at once and take turns.
 */
export const httpRoute: Bench = async (options) => {
  const tickets = options.small ? 800 : 20_000;
  const calls = options.small ? 2 * TURN : 16 * TURN;
  const dataset = `${calls} requests for one of ${tickets} tickets over loopback, ${CALLERS} callers`;
  options.say(`http-route: ${dataset}; ${await serverLine()}`);
  const template = await guardedTemplate(tickets);
  const times: [number[], number[]] = [[], []];
  try {
    for (let run = 1; run <= options.runs; run += 1) {
      const [ours, theirs] = await template.onCopy((url) => bothServers(url, { calls, tickets }));
      times[0].push(ours);
      times[1].push(theirs);
      options.say(`  run ${run}: lethe/fastify ${ours.toFixed(2)} s, bare ${theirs.toFixed(2)} s`);
    }
  } finally {
    await template.drop();
  }
  const [ours, theirs] = [median(times[0]), median(times[1])];
  return {
    bench: 'http-route',
    ratio: rounded(theirs / ours),
    bound: '>=0.7',
    dataset,
    runs: options.runs,
    requestsPerSecond: Math.round(calls / ours),
    barePerSecond: Math.round(calls / theirs),
  };
};

interface Size {
  readonly calls: number;
  readonly tickets: number;
}

/** Seconds that each took for all its requests. */
const bothServers = (url: string, { calls, tickets }: Size): Promise<readonly [number, number]> =>
  withEngine(url, (engine) =>
    byHand(durable(url), async (pool, audit) => {
      const app = Fastify();
      await app.register(lethe, { engine, prefix: '/desk' });
      const bare = bareServer(pool, audit);
      const secrets = await tokens(engine);
      const orders = await Promise.all(
        [app, bare].map(async (server) => {
          await server.listen({ port: 0, host: '127.0.0.1' });
          const { port } = server.server.address() as AddressInfo;
          return { port, calls: TURN, tickets, secrets };
        }),
      );
      const taken = await withCallers(async (call) => {
        const sums = orders.map(() => 0);
        // the first turn of each is to get warm
        for (let turn = 0; turn <= calls / TURN; turn += 1)
          for (const [which, order] of orders.entries()) {
            const spent = await call({ ...order, from: turn * TURN });
            if (turn > 0) sums[which] = (sums[which] ?? 0) + spent;
          }
        return sums;
      });
      await Promise.all([app.close(), bare.close()]);
      return [taken[0] ?? NaN, taken[1] ?? NaN] as const;
    }),
  );

/** The test server forgets commits in a crash; what is recorded of an access must not be, for neither of them. */
const durable = (url: string): string =>
  Object.assign(new URL(url), { search: '?options=-c%20synchronous_commit%3Don' }).href;

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

/** Runs `work` with a process of callers: it answers each order with the seconds it took. */
async function withCallers<T>(work: (call: (order: HttpOrder) => Promise<number>) => Promise<T>): Promise<T> {
  const child = fork(fileURLToPath(new URL('./http-callers.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx'],
  });
  const ended = once(child, 'exit').then((): never => {
    throw new Error('the callers ended before they were done');
  });
  ended.catch(() => undefined); // at the end it is killed, and nobody waits
  try {
    return await work(async (order) => {
      const answered = once(child, 'message').then(([taken]) => taken as number);
      child.send(order);
      return Promise.race([answered, ended]);
    });
  } finally {
    child.kill();
  }
}
