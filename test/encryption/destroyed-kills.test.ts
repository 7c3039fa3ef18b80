import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { engineOver, type Engine } from '../../src/engine.js';
import { workOnce } from '../../src/jobs/worker.js';
import { createKeyFile } from '../../src/keys/key-file.js';
import type { Keys, KeysConfig } from '../../src/keys/keys.js';
import { openKeys } from '../../src/keys/open-keys.js';
import { entries, KEYED, RULES } from '../disposal/keyed-desk.js';
import { nodeArguments } from '../support/compiled.js';
import type { DestroyingJob } from '../support/destroying-child.js';
import {
  approvedPlan,
  closeDesks,
  isSoak,
  openDesk,
  operator,
  policiesOf,
  TODAY,
  type Desk,
} from '../support/small-desk.js';
import { vaultOf } from '../support/vault.js';

const SCRIPT = fileURLToPath(new URL('../support/destroying-child.ts', import.meta.url));
/** Chunks of 400. */
const TICKETS = isSoak ? 20_000 : 800;
const INSTANTS = isSoak ? Array.from({ length: 40 }, (_, n) => String(n)) : ['3'];

const CONFIG = { every: 'P90D', afterDestruction: 'P7D', keptFor: 'P30D' };

describe('a destruction of keys that is cut off', function () {
  this.timeout(isSoak ? 0 : 60_000);
  let folder: string;
  let desk: Desk;
  let keys: Keys;
  let engine: Engine;
  let job: Omit<DestroyingJob, 'plan'>;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lethe-kills-'));
    const file = join(folder, 'root.key');
    await createKeyFile(file);
    const config: KeysConfig = { root: { provider: 'local', file }, epochs: CONFIG };
    const [vault, id] = [{ folder: join(folder, 'vault') }, randomUUID()];
    keys = await openKeys(config, { vaultPlace: vault, vaultId: () => Promise.resolve(id), clock: TODAY });
    desk = await openDesk(KEYED);
    await fill(desk, keys);
    engine = engineOver({
      db: desk.db,
      graph: desk.graph,
      policiesInForce: () => Promise.resolve(policiesOf(desk.graph, RULES)),
      clock: TODAY,
      vault: vaultOf(desk.url),
      keys,
    });
    job = { url: desk.url, map: KEYED.map, policies: RULES, keys: { config, vault, id } };
  });
  afterEach(async () => {
    await keys.close();
    await closeDesks();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Nothing of it is left in the vault, everything is told once, and whoever stays can be read. */
  async function expectDestroyed(plan: string): Promise<void> {
    const gone = await idsOf(desk, 'ended_at is not null and destroyed_at is not null');
    expect(gone).to.have.length(TICKETS);
    expect((await keys.store.find(gone)).size).to.equal(0);
    expect((await keys.store.destroyed(gone)).size).to.equal(TICKETS);
    const told = (await entries(desk, 'keys.destroyed')).map(({ counts }) => counts?.['ticket'] ?? 0);
    expect(told.reduce((sum, count) => sum + count, 0)).to.equal(TICKETS);
    const kept = await idsOf(desk, 'ended_at is null');
    expect((await keys.keyring.open(kept)).size).to.equal(3);
    expect((await engine.retention.certificate(plan)).destroyedKeys).to.include({ tickets: TICKETS });
  }

  for (const point of ['committed', 'destroyed', ...INSTANTS])
    it(`kill -9, ${/\d/.test(point) ? `${point} ms into it` : point}: the next run comes to the same end`, async () => {
      const plan = await approvedPlan(engine);
      await killed(folder, point, { ...job, plan });
      expect((await engine.retention.status())[0]?.state).to.equal('applying');
      expect(await entries(desk, 'retention.finished')).to.deep.equal([]);
      await engine.retention.apply(plan, operator);
      await expectDestroyed(plan);
    });

  it('kill -9 again and again, and then a worker', async () => {
    const plan = await approvedPlan(engine);
    for (const point of ['committed', 'destroyed', '3']) await killed(folder, point, { ...job, plan });
    await workOnce(engine, operator);
    await expectDestroyed(plan);
  });
});

/** As many tickets long past their date as there are to be, three that stay, each with a key. */
async function fill({ admin }: Desk, { keyring }: Keys): Promise<void> {
  await admin(`insert into lethe.encryption (state, map_id, begun_at, done_at) values ('on', 'small', '2021-01-01', '2021-01-01');
    insert into shop.tickets select n, 'lk1.', 'closed', timestamptz '2021-06-01' from generate_series(7, ${TICKETS + 3}) n`);
  const made = await keyring.make('ticket', TICKETS + 3);
  await admin(
    `insert into lethe.data_key (id, use, record, key, made_at)
     select id, 'ticket', 'ticket', n, '2021-01-01' from unnest($1::uuid[]) with ordinality made(id, n)`,
    [made.map(({ id }) => id)],
  );
}

const idsOf = async ({ admin }: Desk, where: string): Promise<readonly string[]> =>
  (await admin<{ id: string }>(`select id from lethe.data_key where ${where}`)).map(({ id }) => id);

async function killed(folder: string, point: string, job: DestroyingJob): Promise<void> {
  const file = join(folder, 'job.json');
  writeFileSync(file, JSON.stringify(job), { mode: 0o600 });
  const child = spawn(process.execPath, [...nodeArguments(SCRIPT), point, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
  expect(signal, 'it lived').to.equal('SIGKILL');
}
