import { expect } from 'chai';
import type { Clock } from '../../src/core/clock.js';
import { parseInstant, type Instant } from '../../src/core/instant.js';
import type { Brake } from '../../src/disposal/brake.js';
import { LetheError } from '../../src/core/errors.js';
import { engineOver, type Engine } from '../../src/engine.js';
import { hasFailed, workOnce } from '../../src/jobs/worker.js';
import type { Keys } from '../../src/keys/keys.js';
import type { Log } from '../../src/log/log.js';
import { realKeys, type RealKeys } from '../support/real-keys.js';
import { closeDesks, openDesk, operator, TICKETS, ticketTable, type Desk } from '../support/small-desk.js';

const on = (day: string): Instant => parseInstant(`${day}T00:00:00Z`) as Instant;

class Calendar implements Clock {
  constructor(public at: Instant) {}
  now(): Instant {
    return this.at;
  }
}

describe("a worker's rounds, and the keys", () => {
  let desk: Desk;
  let real: RealKeys;
  const clock = new Calendar(on('2024-01-01'));
  before(async () => {
    desk = await openDesk({ ddl: TICKETS, map: { tables: { tickets: ticketTable() }, edges: [] } });
    real = await realKeys({ clock });
  });
  after(async () => {
    await real.drop();
    await closeDesks();
  });

  /** One round on a day: what it logged of epochs. */
  async function round(day: string, brake?: Brake): Promise<readonly string[]> {
    clock.at = on(day);
    const told: string[] = [];
    const tell = (event: string, fields: object = {}): void => {
      if (event.startsWith('epoch')) told.push(`${event} ${JSON.stringify(fields)}`);
    };
    const log: Log = {
      info: tell,
      warn: tell,
      error: (event, error) => {
        tell(event, { error: String(error) });
      },
    };
    await workOnce(engineOf(real.keys), operator, { log, ...(brake && { brake }) });
    return told;
  }

  const engineOf = (keys: Keys): Engine =>
    engineOver({
      db: desk.db,
      graph: desk.graph,
      clock,
      vault: null,
      keys,
      policiesInForce: () => Promise.resolve([]),
    });

  it('move all keys to a new epoch when it is time, outside the window never, and remove the old key at its end', async () => {
    await real.keys.keyring.make('ticket', 3);
    expect(await round('2024-01-02')).to.deep.equal([]);
    const resting: Brake = {
      spent: () => undefined,
      ask: () => Promise.resolve({ kind: 'rest', until: on('2024-05-02'), because: 'window' }),
    };
    expect(await round('2024-05-01', resting)).to.deep.equal([]);
    expect(await round('2024-05-01')).to.deep.equal(['epoch.rotated {"keys":3}']);
    expect(await real.keys.epochs.all()).to.have.length(2);
    expect(await round('2024-05-02')).to.deep.equal([]);
    expect(await round('2024-06-15')).to.deep.equal(['epoch.retired {"epochs":1}']);
    expect(await real.keys.epochs.all()).to.have.length(1);
    const entries = await desk.admin<{ kind: string }>(
      "select kind from lethe.ledger_entry where kind like 'epoch.%' order by at",
    );
    expect(entries.map(({ kind }) => kind)).to.deep.equal(['epoch.rotated', 'epoch.retired']);
  });

  it('say what of the keys could not be done, and that it is no good end', async () => {
    clock.at = on('2024-12-01');
    const [epoch] = await real.keys.store.epochs();
    const epochs = { ...real.keys.epochs, all: () => Promise.resolve([]) };
    const lost = new LetheError('epoch_lost', { epoch: epoch?.id ?? '', place: epochs.place });
    const epochsOnly = await workOnce(engineOf({ ...real.keys, epochs }), operator);
    expect(epochsOnly).to.deep.equal([
      { job: 'epochs', policy: 'keys', outcome: 'epoch_lost', message: lost.message },
    ]);
    expect(epochsOnly.map(hasFailed)).to.deep.equal([true]);
    await desk.admin(`insert into lethe.data_key (id, use, record, key, made_at, ended_at)
      values (gen_random_uuid(), 'ticket', 'ticket', '9', '2021-01-01', '2024-11-30')`);
    const unreadable = new LetheError('vault_unreadable', { place: 'there', reason: 'the test says so' });
    const keyring = { ...real.keys.keyring, destroy: () => Promise.reject(unreadable) };
    const [destruction] = await workOnce(engineOf({ ...real.keys, keyring }), operator);
    expect(destruction).to.deep.equal({
      job: 'destruction',
      policy: 'keys',
      outcome: 'vault_unreadable',
      message: unreadable.message,
    });
  });
});
