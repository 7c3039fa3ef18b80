import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { openEmbedded } from '../../src/db/embedded.js';
import { lockFolder } from '../../src/db/folder-lock.js';
import { thisProcess } from '../../src/db/process-id.js';
import { sql } from '../../src/db/sql.js';
import { nodeArguments } from '../support/compiled.js';

type Child = ChildProcessByStdio<null, Readable, Readable>;

const SCRIPT = fileURLToPath(new URL('../support/folder-child.ts', import.meta.url));

describe('the embedded folder', () => {
  let folder: string;
  const children: Child[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lethe-folder-'));
  });
  afterEach(async () => {
    for (const child of children.splice(0)) await killed(child);
    rmSync(folder, { recursive: true, force: true });
  });

  function start(task: 'hold' | 'race' | 'write'): Child {
    const child = spawn(process.execPath, [...nodeArguments(SCRIPT), task, folder], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    return child;
  }

  async function killed(child: Child): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  const firstLine = async (child: Child): Promise<string> =>
    String((await once(createInterface(child.stdout), 'line'))[0]);

  const refusal = async (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => expect.fail('nothing was refused'),
      (error: unknown) => error,
    );

  const leaveLock = (holder: object, secondsOld: number): void => {
    const file = join(folder, 'lock-7');
    writeFileSync(file, JSON.stringify(holder));
    const when = Date.now() / 1000 - secondsOld;
    utimesSync(file, when, when);
  };

  it('belongs to one process; a second one is told the pid', async () => {
    const holder = start('hold');
    await firstLine(holder);
    const error = await refusal(openEmbedded(folder));
    expect(error).to.include({ code: 'folder_in_use' });
    expect(error)
      .to.have.property('message')
      .that.includes(`in use by process ${String(holder.pid)}`);
  });

  it('is free at once when its holder was killed', async () => {
    const holder = start('hold');
    await firstLine(holder);
    await killed(holder);
    (await lockFolder(folder)).release();
  });

  it('is free when its holder closed it, and not twice in one process', async () => {
    const lock = await lockFolder(folder);
    expect(await refusal(lockFolder(folder))).to.have.nested.property('details.pid', process.pid);
    lock.release();
    (await lockFolder(folder)).release();
    expect(readdirSync(folder), 'old lock files are removed').to.deep.equal(['lock-2']);
  });

  it('is taken over from a process whose pid another one has now', async () => {
    leaveLock({ ...thisProcess(), start: 'an earlier one' }, 0);
    (await lockFolder(folder)).release();
  });

  it('is not taken from a holder out of sight that still beats', async () => {
    leaveLock({ pid: 1, start: '', space: 'another container' }, 5);
    const beat = setInterval(() => {
      leaveLock({ pid: 1, start: '', space: 'another container' }, 0);
    }, 200);
    const error = await refusal(lockFolder(folder));
    clearInterval(beat);
    expect(error).to.include({ code: 'folder_in_use' });
  });

  it('is taken over from a holder out of sight that stopped beating', async () => {
    leaveLock({ pid: 1, start: '', space: 'another container' }, 14.5);
    (await lockFolder(folder)).release();
  });

  it('is taken over from a process that died while it wrote its lock', async () => {
    writeFileSync(join(folder, 'lock-3'), '');
    (await lockFolder(folder)).release();
  });

  it('has one holder at a time when ten processes see the same stale lock', async () => {
    const dead = start('hold');
    await firstLine(dead);
    await killed(dead);
    const racers = Array.from({ length: 10 }, () => start('race'));
    const ends = racers.map(async (racer) => {
      let complaint = '';
      racer.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
      const [code] = (await once(racer, 'exit')) as [number | null];
      return code === 0 ? 'had it' : complaint;
    });
    writeFileSync(join(folder, 'go'), '');
    expect(await Promise.all(ends)).to.deep.equal(Array(10).fill('had it'));
  });

  it('keeps every row that was acknowledged before its process was killed', async () => {
    const writer = start('write');
    let acknowledged = 0;
    for await (const line of createInterface(writer.stdout)) {
      acknowledged = Number(line);
      if (acknowledged === 25) await killed(writer);
    }
    const db = await openEmbedded(folder);
    const { rows } = await db.query(
      sql`select max(a) as last, count(*) as rows from t where a <= ${acknowledged}`,
    );
    await db.close();
    expect(rows).to.deep.equal([{ last: acknowledged, rows: String(acknowledged) }]);
  });

  it('starts anew when its creation was killed half way', async () => {
    mkdirSync(join(folder, 'db'));
    writeFileSync(join(folder, 'db', 'PG_VERSION'), '17\n');
    writeFileSync(join(folder, 'db-unfinished'), '');
    const db = await openEmbedded(folder);
    expect((await db.query(sql`select 1 as one`)).rows).to.deep.equal([{ one: 1 }]);
    await db.close();
    const again = await openEmbedded(folder);
    expect((await again.query(sql`select 2 as two`)).rows).to.deep.equal([{ two: 2 }]);
    await again.close();
  });
});
