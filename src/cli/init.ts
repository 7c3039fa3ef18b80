import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { databaseConfig, loadConfig, surroundings, type DatabaseConfig } from '../config.js';
import { LetheError } from '../core/errors.js';
import { openDatabase } from '../db/open.js';
import { migrate } from '../db/migrate.js';
import { migrationsText } from '../db/migrations.js';
import type { MapGraph } from '../datamap/graph.js';
import { loadMap } from '../datamap/load.js';
import { requireFit } from '../datamap/check.js';
import { migrationSets } from '../engine-parts.js';
import { grantsText } from './grants.js';
import { installFiles } from './install-files.js';
import { globalOptions, outputOf } from './session.js';

interface InitOptions {
  readonly map?: string;
  readonly param: Readonly<Record<string, string>>;
  readonly printSql?: boolean;
}

/** `lethe init`: configuration, policies and Lethe's own tables. */
export function initCommand(program: Command): void {
  program
    .command('init')
    .description('set Lethe up here: lethe.json, the policies of the map, and schema "lethe" in the database')
    .option(
      '--map <map>',
      'a shipped data map by name, or the path of a map file (default: what lethe.json names, else native)',
    )
    .option('--param <key=value>', 'a parameter of the map; may be given again', collectParameter, {})
    .option('--print-sql', 'print the DDL and the least GRANTs for a DBA instead')
    .action((options: InitOptions, command: Command) => init(command, options));
}

/** Collects `--param key=value`. */
export function collectParameter(
  text: string,
  sofar: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const equals = text.indexOf('=');
  if (equals < 1) throw new InvalidArgumentError('write it as key=value');
  return { ...sofar, [text.slice(0, equals)]: text.slice(equals + 1) };
}

async function init(command: Command, { map, param, printSql }: InitOptions): Promise<void> {
  const around = surroundings();
  const path = globalOptions(command).config ?? join(around.cwd, 'lethe.json');
  const isThere = existsSync(path);
  if (map !== undefined && isThere && !printSql) throw new LetheError('config_exists', { path });
  const known = map === undefined && isThere ? await loadConfig(around, path) : null;
  const name = known?.map ?? map ?? 'native';
  const graph = await loadMap(name, known?.parameters ?? param, known?.folder ?? around.cwd);
  if (printSql) {
    process.stdout.write(`${migrationsText(migrationSets(graph))}\n${grantsText(graph)}`);
    return;
  }
  const place = databaseConfig(around);
  const migrations = await prepareDatabase(place, graph);
  const database = place.url === undefined ? 'embedded' : 'postgres';
  const policies = known
    ? []
    : await installFiles({ folder: around.cwd, path, map: name, parameters: param, graph, database });
  outputOf(command).result({ map: graph.id, config: path, policies, migrations }, [
    known
      ? 'lethe.json was here already and is left as it is.'
      : `lethe.json is written for the data map "${graph.id}"${policies.length > 0 ? `, and policies/: ${policies.join(', ')}` : ''}.`,
    `Schema "lethe" is in the database${place.url === undefined ? ' in .lethe/' : ''}.`,
    'Next: `lethe doctor`, then `lethe policy check` and `lethe retention plan <policy>`',
  ]);
}

/** Checks that the map fits, then makes or brings up to date what is Lethe's own; returns the migrations it applied. */
async function prepareDatabase(place: DatabaseConfig, graph: MapGraph): Promise<readonly string[]> {
  const db = await openDatabase({ url: place.url, folder: place.embedded });
  try {
    const sets = migrationSets(graph);
    if (sets.length === 0) await requireFit(db, graph);
    return await migrate(db, sets);
  } finally {
    await db.close();
  }
}
