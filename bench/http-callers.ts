import { Agent, get } from 'node:http';

/** What the process of the callers is told. */
export interface HttpOrder {
  readonly port: number;
  /** One token a caller. */
  readonly secrets: readonly string[];
  readonly warmUp: number;
  readonly calls: number;
  readonly tickets: number;
}

/** Callers have a process of their own, so that what they do is no part of what is measured; each keeps its connection. */
process.once('message', (order: HttpOrder) => void callAll(order).then((taken) => process.send?.(taken)));

async function callAll(order: HttpOrder): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: order.secrets.length });
  await round(order, agent, order.warmUp);
  const start = process.hrtime.bigint();
  await round(order, agent, order.calls);
  const taken = Number(process.hrtime.bigint() - start) / 1e9;
  agent.destroy();
  return taken;
}

async function round({ port, secrets, tickets }: HttpOrder, agent: Agent, calls: number): Promise<void> {
  let next = 0;
  await Promise.all(
    secrets.map(async (secret) => {
      while (next < calls) await call(agent, port, 1 + ((next++ * 7919) % tickets), secret);
    }),
  );
}

/** Reads the answer to its end. */
const call = (agent: Agent, port: number, ticket: number, secret: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${secret}` };
    get({ agent, port, host: '127.0.0.1', path: `/desk/tickets/${ticket}`, headers }, (response) => {
      response.resume();
      response.once('error', reject).once('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`status ${response.statusCode ?? 0}`));
      });
    }).once('error', reject);
  });
