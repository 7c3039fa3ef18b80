import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { engineOver, type Engine } from '../../src/engine.js';
import {
  approvedPlan,
  closeDesks,
  column,
  operator,
  policiesOf,
  refusal,
  TODAY,
  type Desk,
  type DeskSetup,
} from '../support/small-desk.js';
import { vaultOf } from '../support/vault.js';
import {
  entries,
  keyedDesk,
  KEYED,
  keyStates,
  lateKey,
  RULES,
  type KeysInMemory,
  PARTITIONED,
} from './keyed-desk.js';

/** An engine during whose first batch, before it locks its records, somebody turns encryption on. */
async function turningOn(
  setup: DeskSetup = KEYED,
): Promise<{ readonly desk: Desk; readonly engine: Engine; readonly arm: () => void }> {
  const { desk } = await keyedDesk('off', setup);
  const { vault } = await keyedDesk('off');
  let isArmed = false;
  const policies = policiesOf(desk.graph, RULES);
  const engine = engineOver({
    db: desk.db,
    graph: desk.graph,
    clock: TODAY,
    vault: vaultOf(desk.url),
    keys: vault.keys,
    policiesInForce: async (on) => {
      if (isArmed && on !== undefined && on !== desk.db) {
        isArmed = false;
        await encrypt(desk, vault);
      }
      return policies;
    },
  });
  return {
    desk,
    engine,
    arm: () => {
      isArmed = true;
    },
  };
}

/** As the first encryption leaves it. */
async function encrypt({ admin }: Desk, { keyring }: KeysInMemory): Promise<void> {
  await admin(
    `insert into lethe.encryption (state, map_id, begun_at, done_at) values ('on', 'small', '2024-01-02', '2024-01-02')`,
  );
  for (const key of ['1', '2', '3']) {
    const [made] = await keyring.make('subject', 1);
    await admin(
      `insert into lethe.data_key (id, use, record, key, made_at) values ($1, 'subject', 'customer', $2, '2024-01-02')`,
      [made?.id ?? randomUUID(), key],
    );
    await index(admin, key, 'email');
  }
}

const index = (admin: Desk['admin'], key: string, kind: string): Promise<unknown> =>
  admin(
    `insert into lethe.blind_index (kind, version, digest, record, key, is_unique)
     values ($2, 9, sha256(($2 || $1 || 'late')::bytea), 'customer', $1, true)`,
    [key, kind],
  );

const indexed = (desk: Desk): Promise<readonly string[]> =>
  column(desk.admin, `select key || ' ' || kind from lethe.blind_index where version = 9`);

describe('records that get their keys while they go', () => {
  afterEach(closeDesks);

  it('a batch that began before encryption ends the keys and drops the index entries that its records got until it locked them', async () => {
    const { desk, engine, arm } = await turningOn();
    const plan = await approvedPlan(engine, 'old-customers');
    arm();
    expect((await engine.retention.apply(plan, operator)).state).to.equal('done');
    expect(await keyStates(desk)).to.deep.equal(
      ['1', '2', '3'].map((key) => `customer/${key} ended destroyed`),
    );
    expect(await indexed(desk)).to.deep.equal([]);
    // the batch itself has done it, and counted what stays under the keys of tickets
    expect((await entries(desk, 'retention.batch'))[0]?.about['textsKept']).to.equal(6);
  });

  it('a partition that gets keys before it is locked goes row by row', async () => {
    const { desk, engine, arm } = await turningOn(PARTITIONED);
    const plan = await approvedPlan(engine);
    const told: string[] = [];
    arm();
    await engine.retention.apply(plan, operator, {
      partition: ({ outcome }) => told.push(outcome.kind === 'rows' ? outcome.why : outcome.kind),
    });
    expect(told).to.deep.equal(['its rows have keys of their own']);
    expect(await column(desk.admin, 'select id from shop.tickets')).to.deep.equal(['4', '5', '6']);
  });

  it('what came late to find a deleted record by goes before the run is done; of a record that is there again it stays', async () => {
    const { desk, engine, vault } = await keyedDesk();
    vault.isAway = true;
    const plan = await approvedPlan(engine, 'old-customers');
    await refusal(engine.retention.apply(plan, operator), 'keys_pending');
    await lateKey(desk, 'customer', '1');
    await index(desk.admin, '1', 'email'); // with a key that came late, too
    await index(desk.admin, '2', 'phone'); // under the key that the batch had ended
    await desk.admin(`insert into shop.customers values (3, 'lk1.', null)`);
    for (const key of ['3', '4']) await index(desk.admin, key, 'email');
    vault.isAway = false;
    expect((await engine.retention.apply(plan, operator)).state).to.equal('done');
    expect(await indexed(desk)).to.deep.equal(['3 email', '4 email']);
  });
});
