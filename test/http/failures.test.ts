import Fastify from 'fastify';
import { expect } from 'chai';
import { LetheError } from '../../src/core/errors.js';
import type { Engine } from '../../src/engine.js';
import { lethe, serverOptions } from '../../src/http/fastify.js';
import { closeDesks, type Json } from '../support/small-desk.js';
import { jsonOf, MARKERS, serveDesk, withToken, type ServedDesk } from './served-desk.js';

/** What a driver says of a row, and what no template of ours has. */
const HOSTILE = Object.assign(new Error('Key (email)=(marker@example.org) already exists'), {
  statusCode: 200,
  headers: { 'x-leak': 'Marker-Muster' },
  detail: 'Marker-Muster',
  toJSON: () => 'Marker-Muster',
});

/** Whatever it is: not everything that is thrown is an error. */
const rejected = (fault: unknown): Promise<never> =>
  Promise.resolve().then(() => {
    throw fault;
  });

describe('what is our fault over HTTP', () => {
  let served: ServedDesk;
  before(async () => {
    served = await serveDesk();
  });
  after(async () => {
    await served.app.close();
    await closeDesks();
  });

  /** The answer of a server whose engine fails so, and what it logged. */
  async function failing(fault: () => unknown, status: number): Promise<{ answer: Json; log: string }> {
    const engine: Engine = {
      ...served.engine,
      tickets: { ...served.engine.tickets, read: () => rejected(fault()) },
    };
    let log = '';
    const stream = { write: (line: string) => void (log += line) };
    const app = Fastify({ ...serverOptions, logger: { ...serverOptions.logger, stream } });
    await app.register(lethe, { engine, prefix: '/desk' });
    const response = await app.inject(withToken(await served.token(), { url: '/desk/tickets/77' }));
    await app.close();
    for (const marker of MARKERS)
      expect(`${JSON.stringify(response.headers)}${response.body}${log}`.toLowerCase()).not.to.include(
        marker.toLowerCase(),
      );
    return { answer: jsonOf(response, status), log };
  }

  it('is a 500 that says nothing, and a line in the log that says where', async () => {
    for (const fault of [() => HOSTILE, () => 'Marker-Muster', () => null, () => ({ statusCode: 404 })]) {
      const { answer } = await failing(fault, 500);
      expect(answer['error']).to.equal('internal');
    }
    const { log } = await failing(() => HOSTILE, 500);
    expect(log).to.include('"event":"request.failed","route":"GET /desk/tickets/:ticket","status":500');
    expect(log).to.include('failures.test.ts');
  });

  it('is no tale of the database: neither its address nor its tables', async () => {
    const away = new LetheError('database_unreachable', { address: 'db.inner:5432/desk', reason: 'refused' });
    expect((await failing(() => away, 503)).answer).to.deep.equal({
      error: 'database_unreachable',
      message: 'not available now; try again in a while',
    });
    const refused = new LetheError('database_failed', {
      sqlstate: '23505',
      where: ' on table desk.customers',
    });
    const { answer, log } = await failing(() => refused, 500);
    expect(answer['error']).to.equal('internal');
    expect(log).to.include('database_failed').and.to.include('23505');
  });
});
