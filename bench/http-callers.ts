import { Agent, get } from 'node:http';

/** What the process of the callers is told. */
export interface HttpOrder {
  readonly port: number;
  /** One token a caller. */
  readonly secrets: readonly string[];
  readonly calls: number;
  readonly tickets: number;
  /** Number of the first call: it says for which ticket it asks. */
  readonly from: number;
}

/** Callers have a process of their own, so that what they do is no part of what is measured; each keeps its connection. */
const agent = new Agent({ keepAlive: true });
process.on('message', (order: HttpOrder) => void callAll(order).then((taken) => process.send?.(taken)));

async function callAll({ port, secrets, calls, tickets, from }: HttpOrder): Promise<number> {
  const start = process.hrtime.bigint();
  let next = 0;
  await Promise.all(
    secrets.map(async (secret) => {
      while (next < calls) await call(port, 1 + (((from + next++) * 7919) % tickets), secret);
    }),
  );
  return Number(process.hrtime.bigint() - start) / 1e9;
}

/** Reads the answer to its end. */
const call = (port: number, ticket: number, secret: string): Promise<void> =>
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
