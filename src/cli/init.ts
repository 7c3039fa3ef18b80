import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { databaseConfig, surroundings } from '../config.js';
import { LetheError } from '../core/errors.js';
import { openDatabase } from '../db/open.js';
import { migrate } from '../db/migrate.js';
import { migrationsText } from '../db/migrations.js';
import { loadMap } from '../datamap/load.js';
import { requireFit } from '../datamap/check.js';
import { migrationSets } from '../engine-parts.js';
import { grantsText } from './grants.js';
import { installFiles } from './install-files.js';
import { globalOptions, outputOf } from './session.js';

interface InitOptions {
  readonly map: string;
  readonly param: Readonly<Record<string, string>>;
  readonly printSql?: boolean;
}

/** `lethe init`: configuration, policies and Lethe's own tables. */
export function initCommand(program: Command): void {
  program
    .command('init')
    .description('set Lethe up here: lethe.json, the policies of the map, and schema "lethe" in the database')
    .option('--map <map>', 'a shipped data map by name, or the path of a map file', 'native')
    .option('--param <key=value>', 'a parameter of the map; may be given again', collect, {})
    .option('--print-sql', 'print the DDL and the least GRANTs for a DBA instead')
    .action((options: InitOptions, command: Command) => init(command, options));
}

function collect(text: string, sofar: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const equals = text.indexOf('=');
  if (equals < 1) throw new InvalidArgumentError('write it as key=value');
  return { ...sofar, [text.slice(0, equals)]: text.slice(equals + 1) };
}

async function init(command: Command, { map, param, printSql }: InitOptions): Promise<void> {
  const around = surroundings();
  const graph = await loadMap(map, param, around.cwd);
  const sets = migrationSets(graph);
  if (printSql) {
    process.stdout.write(`${migrationsText(sets)}\n${grantsText(graph)}`);
    return;
  }
  const path = globalOptions(command).config ?? join(around.cwd, 'lethe.json');
  if (existsSync(path)) throw new LetheError('config_exists', { path });
  const place = databaseConfig(around);
  const db = await openDatabase({ url: place.url, folder: place.embedded });
  try {
    if (sets.length === 0) await requireFit(db, graph);
    const applied = await migrate(db, sets);
    const files = await installFiles({ folder: around.cwd, path, map, parameters: param, graph });
    outputOf(command).result({ map: graph.id, config: path, policies: files, migrations: applied }, [
      `lethe.json is written for the data map "${graph.id}"${files.length > 0 ? `, and policies/: ${files.join(', ')}` : ''}.`,
      `Schema "lethe" is in the database${place.url === undefined ? ' in .lethe/' : ''}.`,
      'Next: `lethe doctor`, then `lethe policy check` and `lethe retention plan <policy>`',
    ]);
  } finally {
    await db.close();
  }
}
