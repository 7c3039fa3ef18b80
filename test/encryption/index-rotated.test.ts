import { expect } from 'chai';
import type { Instant } from '../../src/core/instant.js';
import { encryptDatabase } from '../../src/encryption/convert.js';
import { encryptionOver } from '../../src/encryption/encryption-over.js';
import { engineOver, type Engine } from '../../src/engine.js';
import { NOW } from '../tickets/guarded-desk.js';
import { agent, PERMITTED, writingDesk, type WritingDesk } from '../tickets/writing-desk.js';
import { realKeys, type RealKeys } from '../support/real-keys.js';
import { closeDesks, operator } from '../support/small-desk.js';

const days = (count: number): Instant =>
  new Date(Date.parse(NOW) + count * 86_400_000).toISOString().replace('Z', '000Z') as Instant;

describe('the rotation of keys after a person’s key was destroyed', () => {
  let here: WritingDesk;
  let real: RealKeys;
  let engine: Engine;
  let now: Instant;
  const clock = { now: (): Instant => now };
  before(async () => {
    now = NOW;
    real = await realKeys({ clock });
    here = await writingDesk(PERMITTED, clock, {
      encryption: async ({ db, graph }) => {
        const context = { db, graph, keyring: real.keys.keyring, clock };
        await encryptDatabase(context, 'officer');
        return encryptionOver(context);
      },
    });
    const { db, graph } = here.desk;
    const policiesInForce = (): Promise<readonly []> => Promise.resolve([]);
    engine = engineOver({ db, graph, clock, vault: null, keys: real.keys, policiesInForce });
  });
  after(async () => {
    await closeDesks();
    await real.drop();
  });

  const indexVersions = async (): Promise<readonly number[]> =>
    (await real.keys.store.named('index')).map(({ version }) => version);

  /** As a disposal does. */
  async function destroyKeyOf(record: string, key: string): Promise<string> {
    const [row] = await here.rows(
      `select id from lethe.data_key where record = '${record}' and key = '${key}'`,
    );
    const id = String(row?.['id']);
    await real.keys.keyring.destroy([id], now);
    await here.desk.admin(`update lethe.data_key set ended_at = $2, destroyed_at = $2 where id = $1`, [
      id,
      now,
    ]);
    return id;
  }

  it('moves no key to a new epoch that was destroyed, and is back with an older copy of the vault', async () => {
    const [row] = await here.rows("select id from lethe.data_key where record = 'ticket' and key = '79'");
    const [backup] = (await real.keys.store.find([String(row?.['id'])])).values();
    if (!backup) throw new Error('no key');
    const id = await destroyKeyOf('ticket', '79');
    expect(await real.keys.store.add([backup])).to.equal(true);
    await engine.keys.rotateEpoch(operator);
    expect([...(await real.keys.store.find([id])).keys()]).to.deep.equal([]);
  });

  it('keeps the index key where only tickets’ keys were destroyed', async () => {
    now = days(100);
    expect(await engine.keys.tend(operator)).to.include({ indexed: null });
    expect(await indexVersions()).to.deep.equal([1]);
  });

  it('makes a new index key before, so that digests in backups tell nobody who they were', async () => {
    await destroyKeyOf('customer', '4');
    now = days(108);
    const { moved, indexed } = await engine.keys.tend(operator);
    expect({ indexed, isMoved: (moved ?? 0) > 0 }).to.deep.equal({ indexed: 1, isMoved: true });
    const [version, ...others] = await indexVersions();
    expect([version === 1, others]).to.deep.equal([false, []]);
    expect(await here.tickets.find(agent, { email: 'maria@mail.example' })).to.have.length(2);
    expect(await here.rows('select distinct key, version from lethe.blind_index')).to.deep.equal([
      { key: '3', version },
    ]);
    await destroyKeyOf('customer', '3');
    now = days(118);
    expect(await engine.keys.tend(operator), 'no more often than epochs are kept').to.include({
      indexed: null,
    });
    now = days(210);
    expect(await engine.keys.tend(operator)).to.include({ indexed: 0 });
    now = days(310);
    expect(await engine.keys.tend(operator), 'once is enough').to.include({ indexed: null });
  });
});
