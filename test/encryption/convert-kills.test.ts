import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { systemClock } from '../../src/core/clock.js';
import { loadMap } from '../../src/datamap/load.js';
import { openPostgres } from '../../src/db/postgres.js';
import { encryptionOver } from '../../src/encryption/encryption-over.js';
import { createKeyFile } from '../../src/keys/key-file.js';
import { nodeArguments } from '../support/compiled.js';
import { freshDatabase, migratedTemplate, type FreshDatabase } from '../support/database.js';
import { keysOfJob, type EncryptJob } from '../support/encrypt-child.js';
import { isSoak, until } from '../support/small-desk.js';
import { everythingIn } from './whole-text.js';

const SCRIPT = fileURLToPath(new URL('../support/encrypt-child.ts', import.meta.url));
const KILLS = isSoak ? 40 : 3;
const MESSAGES = isSoak ? 40_000 : 2_000;
const MARK = 'Markisch';

const ROWS = `
  insert into desk.customers (id, customer_number, name, email)
    select n, 'C-' || n, '${MARK} ' || n, '${MARK}' || n || '@mail.example' from generate_series(1, 600) n;
  insert into desk.tickets (id, number, subject, category, channel, customer_id)
    select n, 'T-' || n, '${MARK} ' || n, 'warranty', 'web', n from generate_series(1, 600) n;
  insert into desk.messages (id, ticket_id, author, customer_id, channel, body)
    select n, 1 + n % 600, 'customer', 1 + n % 600, 'web', '${MARK} ' || n from generate_series(1, ${MESSAGES}) n`;

/** Each batch long enough to be hit between and inside its statements. */
const SLOW = `
  create function desk.slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.05); return null; end $$;
  create trigger slow after update on desk.customers for each statement execute function desk.slow();
  create trigger slow after update on desk.messages for each statement execute function desk.slow();
  create trigger slow before insert on lethe.data_key for each statement execute function desk.slow()`;

describe('the first encryption, cut off', () => {
  let fresh: FreshDatabase;
  let folder: string;
  const children = new Set<ChildProcess>();
  before(async () => {
    fresh = await freshDatabase({ template: await migratedTemplate(['desk']) });
    folder = mkdtempSync(join(tmpdir(), 'lethe-encrypt-'));
    await fresh.admin(`${ROWS}; ${SLOW}`);
  });
  after(async () => {
    for (const child of children) child.kill('SIGKILL');
    await fresh.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(
    job: string,
  ): Promise<{ readonly child: ChildProcess; readonly ended: Promise<string> }> {
    const child = spawn(process.execPath, [...nodeArguments(SCRIPT), job], {
      stdio: ['pipe', 'pipe', 'inherit'],
      cwd: folder,
    });
    children.add(child);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    expect((await lines.next()).value).to.equal('ready');
    return { child, ended: lines.next().then(({ value }) => String(value)) };
  }

  const looked = async (): Promise<number> => {
    const [row] = await fresh.admin<{ sum: string | null }>(
      'select sum(row_count) as sum from lethe.encryption_progress',
    );
    return Number(row?.sum ?? 0);
  };

  it(`kill -9 at ${KILLS} points: gone on with, it ends as if nothing had happened`, async () => {
    const job: EncryptJob = {
      url: fresh.url,
      file: join(folder, 'keys.json'),
      folder: join(folder, 'vault'),
    };
    await createKeyFile(job.file);
    const path = join(folder, 'job.json');
    writeFileSync(path, JSON.stringify(job));
    const reached: number[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      const { child } = await start(path);
      const before = await looked();
      child.stdin?.write('go\n');
      // first before anything is encrypted, then after a batch or in the middle of the next one
      if (kill > 0) await until(async () => (await looked()) > before, 'a batch');
      await pause((kill * 37) % 90);
      child.kill('SIGKILL');
      await once(child, 'exit');
      reached.push(await looked());
    }
    expect(reached.at(-1), 'killed in the middle').to.be.within(1, MESSAGES + 1199);
    const last = await start(path);
    last.child.stdin?.write('go\n');
    expect(await last.ended).to.equal('done');
    expect(await looked()).to.equal(MESSAGES + 1200);
    const text = await everythingIn(fresh.admin);
    expect(text.toLowerCase().includes(MARK.toLowerCase())).to.equal(false);
    expect(await fresh.admin("select tgname from pg_trigger where tgname like 'lethe%'")).to.deep.equal([]);
    await expectReadable(job);
  }).timeout(isSoak ? 0 : 60_000);

  async function expectReadable(job: EncryptJob): Promise<void> {
    const [db, keys] = [await openPostgres(job.url), await keysOfJob(job)];
    try {
      const graph = await loadMap('native', {}, '.');
      const encryption = encryptionOver({ db, graph, keyring: keys.keyring, clock: systemClock });
      const rows = await fresh.admin<{ row: string; value: string }>(
        'select id::text as row, body as value from desk.messages order by id',
      );
      const read = await encryption.decrypt(
        rows.map((row) => ({ ...row, table: 'messages', column: 'body' })),
      );
      expect(read).to.deep.equal(rows.map(({ row }) => `${MARK} ${row}`));
    } finally {
      await keys.close();
      await db.close();
    }
  }
});
