/* A second process for the tests of the folder lock: `node --import tsx folder-child.ts <task> <folder>`. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { LetheError } from '../../src/core/errors.js';
import { openEmbedded } from '../../src/db/embedded.js';
import { lockFolder, type FolderLock } from '../../src/db/folder-lock.js';
import { sql } from '../../src/db/sql.js';

const [, , task, folder = ''] = process.argv;

/** Writes rows and says after each that it is committed, until it is killed. */
async function write(): Promise<void> {
  const db = await openEmbedded(folder);
  await db.query(sql`create table if not exists t (a int)`);
  for (let a = 1; ; a++) {
    await db.query(sql`insert into t values (${a})`);
    console.log(a);
  }
}

async function hold(): Promise<void> {
  await lockFolder(folder);
  console.log('held');
  await pause(600_000);
}

/** Tries until it had the folder once; `inside` shows whether somebody else was there at the same time. */
async function race(): Promise<void> {
  while (!existsSync(join(folder, 'go'))) await pause(1);
  const lock = await untilFree();
  const inside = join(folder, 'inside');
  writeFileSync(inside, '', { flag: 'wx' });
  await pause(10);
  rmSync(inside);
  lock.release();
  console.log('had it');
}

async function untilFree(): Promise<FolderLock> {
  for (;;) {
    try {
      return await lockFolder(folder);
    } catch (error) {
      if (!(error instanceof LetheError) || error.code !== 'folder_in_use') throw error;
      await pause(1);
    }
  }
}

const tasks: Readonly<Record<string, () => Promise<void>>> = { write, hold, race };
await tasks[task ?? '']?.();
