import { expect } from 'chai';
import { keysApart } from '../../src/doctor/keys-apart.js';
import { encryptDatabase } from '../../src/encryption/convert.js';
import { encryptionOver } from '../../src/encryption/encryption-over.js';
import { reindex } from '../../src/encryption/re-index.js';
import { requireOwnVault } from '../../src/ledger/vault-link.js';
import { rescueOver, type Rescue } from '../../src/rescue.js';
import { fixedClock } from '../../src/core/clock.js';
import { NOW } from '../tickets/guarded-desk.js';
import { agent, PERMITTED, writingDesk, type WritingDesk } from '../tickets/writing-desk.js';
import { realKeys, type RealKeys } from '../support/real-keys.js';
import { closeDesks, operator } from '../support/small-desk.js';
import { vaultOf } from '../support/vault.js';

const clock = fixedClock(NOW);

describe('database and vault from different times', () => {
  let here: WritingDesk;
  let real: RealKeys;
  let rescue: Rescue;
  beforeEach(async () => {
    real = await realKeys({ clock });
    const { keys } = real;
    here = await writingDesk(PERMITTED, clock, {
      encryption: async ({ db, graph }) => {
        await encryptDatabase({ db, graph, keyring: keys.keyring, clock }, 'officer');
        return encryptionOver({ db, graph, keyring: keys.keyring, clock });
      },
    });
    const { db, graph, url } = here.desk;
    await requireOwnVault(db, vaultOf(url));
    const policiesInForce = (): Promise<readonly []> => Promise.resolve([]);
    rescue = rescueOver({ db, graph, clock, keys, vault: vaultOf(url), policiesInForce });
  });
  afterEach(async () => {
    await closeDesks();
    await real.drop();
  });

  const found = async (): Promise<readonly string[]> =>
    (await keysApart(here.desk.db, real.keys.store)).map(({ code }) => code);
  const keyOf = async (record: string, key: string): Promise<string> => {
    const [row] = await here.rows(
      `select id from lethe.data_key where record = '${record}' and key = '${key}'`,
    );
    return String(row?.['id']);
  };

  it('are told of where people are indexed under a key that is gone, and a replay indexes them anew', async () => {
    expect(await found()).to.deep.equal([]);
    await here.desk.admin('create table kept as table lethe.blind_index');
    const { db, graph } = here.desk;
    await reindex({ db, graph, keyring: real.keys.keyring, clock });
    await here.desk.admin('delete from lethe.blind_index; insert into lethe.blind_index table kept');
    expect(await found()).to.deep.equal(['index_lost']);
    expect(await here.tickets.find(agent, { email: 'maria@mail.example' })).to.deep.equal([]);
    expect(await rescue.replay(operator)).to.deep.include({ missing: 0, indexed: 2, isIndexLost: false });
    expect(await found()).to.deep.equal([]);
    expect(await here.tickets.find(agent, { email: 'maria@mail.example' })).to.have.length(2);
    expect(await rescue.replay(operator)).to.deep.include({ indexed: null, isIndexLost: false });
  });

  it('are told of where the index cannot be made anew now', async () => {
    await real.keys.keyring.named('index');
    await here.desk.admin('update lethe.blind_index set version = 9');
    const stored = await real.keys.epochs.all();
    for (const { id } of stored) await real.keys.epochs.remove(id);
    const keys = await real.again();
    const { db, graph, url } = here.desk;
    const policiesInForce = (): Promise<readonly []> => Promise.resolve([]);
    const another = rescueOver({ db, graph, clock, keys, vault: vaultOf(url), policiesInForce });
    expect(await another.replay(operator)).to.deep.include({ indexed: null, isIndexLost: true });
  });

  it('are told of by the number of keys that the vault lacks', async () => {
    await real.keys.keyring.destroy([await keyOf('ticket', '77'), await keyOf('ticket', '79')], NOW);
    const [missing, ...others] = await keysApart(here.desk.db, real.keys.store);
    expect(others).to.deep.equal([]);
    expect(missing).to.include({ code: 'keys_missing', severity: 'error' });
    expect(missing?.message).to.match(/^2 keys /);
    expect(await rescue.replay(operator)).to.deep.include({ missing: 2 });
  });

  it('are told of where keys are back that were destroyed', async () => {
    await here.desk.admin('update lethe.data_key set ended_at = $1, destroyed_at = $1 where id = $2', [
      NOW,
      await keyOf('ticket', '79'),
    ]);
    expect(await found()).to.deep.equal(['keys_back']);
  });
});
