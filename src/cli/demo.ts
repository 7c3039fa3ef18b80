import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { withRoles } from '../core/actor.js';
import { DEMO_MARK, loadConfig, surroundings } from '../config.js';
import { systemClock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import { openEmbedded } from '../db/embedded.js';
import { lockFolder } from '../db/folder-lock.js';
import { migrate } from '../db/migrate.js';
import { seedHelpDesk, type SeededRows } from '../demo/seed.js';
import { loadMap } from '../datamap/load.js';
import { createEngine, type Engine } from '../engine.js';
import { createKeyFile } from '../keys/key-file.js';
import { tellStory } from './demo-story.js';
import { publishFirstVersions } from './first-versions.js';
import { KEY_FILE } from './init-keys.js';
import { installFiles } from './install-files.js';
import type { Output } from './output.js';
import { progressBar } from './progress.js';
import { outputOf } from './session.js';

/** The help desk is as it was on this day, so that everybody sees the same story. */
const DEMO_DAY = '2026-11-01T00:00:00Z';

/** `lethe demo` */
export function demoCommand(program: Command): void {
  program
    .command('demo')
    .description(
      'a sample help desk in .lethe/ and the whole story: check, plan, approve, apply, what is left and why',
    )
    .action((_options, command: Command) => demo(command));
}

async function demo(command: Command): Promise<void> {
  const { cwd } = surroundings();
  // the demo never touches a database it did not make
  const around = { cwd, environment: {} };
  const folder = join(cwd, '.lethe');
  const out = outputOf(command);
  out.say('Lethe demo: a help desk with six years of tickets, made up, in the folder .lethe/', '');
  await claimFolder(folder);
  const seeded = await makeHelpDesk(folder);
  const engine = await createEngine({
    config: await loadConfig(around, join(folder, 'lethe.json')),
    clock: systemClock,
  });
  try {
    await encryptHelpDesk(engine, out);
    await tellStory(engine, out, { asOf: DEMO_DAY, seeded });
  } finally {
    await engine.close();
  }
}

/** As `lethe keys encrypt` does in a help desk that is at work. */
async function encryptHelpDesk(engine: Engine, out: Output): Promise<void> {
  const bar = progressBar(out.isJson, 'rows encrypted');
  try {
    const actor = { name: 'Otto, operator', assurance: 'asserted' } as const;
    await engine.keys.encrypt(actor, { progress: bar.update });
  } finally {
    bar.stop();
  }
}

/** Makes and marks the folder, or empties the one that an earlier demo marked. */
async function claimFolder(folder: string): Promise<void> {
  const isOurs = existsSync(join(folder, DEMO_MARK));
  const isTaken = existsSync(folder) && !isOurs && (await readdir(folder)).length > 0;
  if (isTaken) throw new LetheError('demo_folder', { folder });
  await mkdir(folder, { recursive: true });
  const lock = await lockFolder(folder);
  try {
    await writeFile(join(folder, DEMO_MARK), `${JSON.stringify({ madeBy: 'lethe demo', asOf: DEMO_DAY })}\n`);
    for (const part of ['db', 'vault', 'policies', 'lethe.json', KEY_FILE])
      await rm(join(folder, part), { recursive: true, force: true });
  } finally {
    lock.release();
  }
}

async function makeHelpDesk(folder: string): Promise<SeededRows> {
  const graph = await loadMap('native', {}, folder);
  await installFiles({
    folder,
    path: join(folder, 'lethe.json'),
    map: 'native',
    parameters: {},
    graph,
    database: 'embedded',
    vault: 'vault',
    keys: { provider: 'local', file: KEY_FILE },
  });
  await createKeyFile(join(folder, KEY_FILE));
  const db = await openEmbedded(folder);
  try {
    await migrate(db, ['desk']);
    await publishFirstVersions(db, {
      graph,
      folder: join(folder, 'policies'),
      shown: 'policies',
      now: systemClock.now(),
      cooling: 'P7D',
      vault: null, // it is tied to the database when the engine opens
      actor: withRoles(null, { name: 'Olga, policy owner', assurance: 'asserted' }),
    });
    return await db.transaction((tx) => seedHelpDesk(tx, DEMO_DAY));
  } finally {
    await db.close();
  }
}
