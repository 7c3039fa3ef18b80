import { expect } from 'chai';
import { parseInstant, type Instant } from '../../src/core/instant.js';
import { keysCoverage } from '../../src/doctor/keys.js';
import { encryptionOver } from '../../src/encryption/encryption-over.js';
import { engineOver, type Engine } from '../../src/engine.js';
import { KEYED, RULES } from '../disposal/keyed-desk.js';
import { damage } from '../support/damaged-row.js';
import { realKeys, type RealKeys } from '../support/real-keys.js';
import {
  closeDesks,
  dispose,
  openDesk,
  operator,
  policiesOf,
  refusal,
  TODAY,
  type Desk,
} from '../support/small-desk.js';
import { vaultOf } from '../support/vault.js';

const LATER = parseInstant('2024-03-01T00:00:00Z') as Instant;

describe('a damaged key of a customer', () => {
  let desk: Desk;
  let real: RealKeys;
  let engine: Engine;
  let sick: string;
  let now: Instant;
  const clock = { now: (): Instant => now };
  beforeEach(async () => {
    now = TODAY.now();
    desk = await openDesk(KEYED);
    real = await realKeys({ clock });
    const { db, graph, url } = desk;
    await desk.admin(
      `insert into lethe.encryption (state, map_id, begun_at, done_at) values ('on', $1, '2021-01-01', '2021-01-01')`,
      [graph.id],
    );
    const encryption = encryptionOver({ db, graph, keyring: real.keys.keyring, clock });
    for (const key of ['1', '5']) {
      const place = { table: 'customers', row: key, owner: { record: 'customer', key } };
      const { name } = await db.transaction((tx) => encryption.encrypt(tx, place, { name: 'Ann' }));
      await desk.admin('update shop.customers set name = $1 where id = $2', [name, key]);
    }
    const [row] = await desk.admin<{ id: string }>(`select id from lethe.data_key where key = '1'`);
    sick = row?.id ?? '';
    const policiesInForce = (): Promise<ReturnType<typeof policiesOf>> =>
      Promise.resolve(policiesOf(graph, RULES));
    engine = engineOver({ db, graph, policiesInForce, clock, vault: vaultOf(url), keys: real.keys });
    await damage({ folder: real.folder }, sick);
  });
  afterEach(async () => {
    await closeDesks();
    await real.drop();
  });

  const found = async (): Promise<readonly string[]> => {
    const { db, graph } = desk;
    const findings = await keysCoverage({ db, graph, clock, keys: real.keys, isConfigured: true });
    return findings.filter(({ code }) => code !== 'value_unencrypted').map(({ message }) => message);
  };

  it('is told of by the rotation, which is in the ledger all the same, by the status and by the doctor', async () => {
    const { message } = await refusal(engine.keys.rotateEpoch(operator), 'keys_damaged');
    const [, left] = (await engine.keys.status()).epochs?.list ?? [];
    expect(message).to.include(`1 under epoch ${left?.id ?? ''} (${sick})`);
    expect(left).to.include({ state: 'leaving', keys: 1, goesAt: null });
    expect((await engine.keys.status()).epochs?.problem).to.deep.equal({ code: 'keys_damaged', message });
    now = LATER;
    expect(await found()).to.deep.equal([message]);
    const noted = await desk.admin(
      `select body::jsonb -> 'counts' as counts from lethe.ledger_entry where kind = 'epoch.rotated'`,
    );
    expect(noted).to.deep.equal([{ counts: { keys: 1 } }]);
  });

  it('goes with the disposal of the customer, and its epoch ends by itself then', async () => {
    await refusal(engine.keys.rotateEpoch(operator), 'keys_damaged');
    await dispose(engine, 'old-customers');
    expect((await real.keys.store.find([sick])).size).to.equal(0);
    expect(await engine.keys.tend(operator)).to.deep.equal({ moved: null, indexed: null, retired: 0 });
    expect([(await engine.keys.status()).epochs?.problem, await found()]).to.deep.equal([null, []]);
    now = LATER;
    expect(await engine.keys.tend(operator)).to.deep.equal({ moved: 1, indexed: null, retired: 1 });
  });
});
