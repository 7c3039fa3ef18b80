import { existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { databaseConfig, loadConfig, surroundings } from '../config.js';
import { requireRole } from '../core/actor.js';
import { systemClock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import type { Database } from '../db/database.js';
import { openDatabase } from '../db/open.js';
import { migrate } from '../db/migrate.js';
import { requireSameTime } from '../db/server-time.js';
import { migrationsText } from '../db/migrations.js';
import type { MapGraph } from '../datamap/graph.js';
import { loadMap } from '../datamap/load.js';
import { requireFit } from '../datamap/check.js';
import { encryptionState } from '../encryption/state.js';
import { migrationSets } from '../engine-parts.js';
import { publishFirstVersions } from './first-versions.js';
import { grantsText } from './grants.js';
import {
  agreedKeys,
  encryptNew,
  KEY_PROVIDERS,
  keysLines,
  keysOption,
  makeKeyFile,
  namedKeys,
  notEncryptedLines,
  requireConsistent,
  type KeyOptions,
} from './init-keys.js';
import {
  namedVault,
  refuseAnothers,
  tieVault,
  VAULT_FOLDER,
  vaultLine,
  vaultOption,
  withVault,
} from './init-vault.js';
import { installFiles } from './install-files.js';
import { counted } from './output.js';
import { actingAs, globalOptions, outputOf } from './session.js';
import { tryKeys } from './try-keys.js';

interface InitOptions extends KeyOptions {
  readonly map?: string;
  readonly param: Readonly<Record<string, string>>;
  /** False: none. */
  readonly vault: string | false;
  readonly printSql?: boolean;
}

/** `lethe init`: configuration, policies, Lethe's own tables, and the first versions of the policies. */
export function initCommand(program: Command): void {
  program
    .command('init')
    .description('set Lethe up here: lethe.json, the policies of the map, and schema "lethe" in the database')
    .option(
      '--map <map>',
      'a shipped data map by name, or the path of a map file (default: what lethe.json names, else native)',
    )
    .option('--param <key=value>', 'a parameter of the map; may be given again', collectParameter, {})
    .option(
      '--vault <folder>',
      'the folder of the vault, unless LETHE_VAULT_URL names a database',
      VAULT_FOLDER,
    )
    .option('--no-vault', 'without a vault: no journal, no seals, no certificates')
    .addOption(
      new Option(
        '--keys <provider>',
        'where the keys are that encrypt what customers write: a key file, or AWS KMS (default: local on the embedded database, else none)',
      ).choices(KEY_PROVIDERS),
    )
    .option('--key-file <file>', 'local: the key file (default: lethe-keys.json)')
    .option('--kms-key <key>', 'aws-kms: id, alias or ARN of a symmetric key')
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

async function init(command: Command, options: InitOptions): Promise<void> {
  const { map, param, vault, printSql } = options;
  const around = surroundings();
  const path = resolve(around.cwd, globalOptions(command).config ?? 'lethe.json');
  const folder = dirname(path);
  const isThere = existsSync(path);
  if (map !== undefined && isThere && !printSql) throw new LetheError('config_exists', { path });
  const known = map === undefined && isThere ? await loadConfig(around, path) : null;
  const name = known?.map ?? map ?? 'native';
  const graph = await loadMap(name, known?.parameters ?? param, folder);
  if (printSql) {
    process.stdout.write(`${migrationsText(migrationSets(graph))}\n${grantsText(graph)}`);
    return;
  }
  const actor = actingAs(command, known?.actors ?? null);
  if (known) requireRole(actor, 'init');
  requireConsistent(options);
  const place = databaseConfig(around);
  const isEmbedded = place.url === undefined;
  const named = known ? null : namedVault(around, path, vault);
  const keys = named && namedKeys(around, options, { path, graph, isEmbedded, vault: named });
  const encrypting = known ? agreedKeys(options, known, basename(path)) : keys && keys.config;
  if (encrypting) await tryKeys(encrypting);
  const db = await openDatabase({ url: place.url, folder: place.embedded });
  try {
    await refuseAnothers(db, named ? named.place : (known?.vault ?? null));
    const migrations = await prepareDatabase(db, graph);
    if (named) await tieVault(db, named);
    const database = isEmbedded ? 'embedded' : 'postgres';
    const installation = { folder, path, map: name, parameters: param, graph, database } as const;
    await makeKeyFile(db, keys);
    const written = known
      ? []
      : await installFiles({ ...installation, ...vaultOption(named), ...keysOption(keys) });
    const config = known ?? (await loadConfig(around, path));
    const { policies, policiesShown: shown, cooling } = config;
    const versions = { graph, folder: policies, shown, now: systemClock.now(), actor, cooling };
    await requireSameTime(db, systemClock);
    const published = await withVault(db, config.vault, async (own) => {
      if (encrypting && own) await encryptNew({ db, graph, config, vault: own, actor: actor.name });
      return publishFirstVersions(db, { ...versions, vault: own });
    });
    outputOf(command).result({ map: graph.id, config: path, policies: written, migrations, published }, [
      configLine(graph, basename(path), known ? null : written),
      schemaLine(graph, isEmbedded),
      ...(named ? [vaultLine(named)] : []),
      ...(named || encrypting
        ? keysLines(graph, encrypting)
        : notEncryptedLines(await encryptionState(db), config, basename(path))),
      publishedLine(published),
      'Next: `lethe doctor`, then `lethe policy check` and `lethe retention plan <policy>`',
    ]);
  } finally {
    await db.close();
  }
}

function configLine({ id }: MapGraph, shown: string, written: readonly string[] | null): string {
  if (written === null) return `${shown} was here already and is left as it is.`;
  const policies =
    written.length > 0 ? `, with ${counted(written.length, 'policy', 'policies')} in policies/` : '';
  return `${shown} is written for the data map "${id}"${policies}.`;
}

function schemaLine(graph: MapGraph, isEmbedded: boolean): string {
  const [own] = migrationSets(graph);
  const made =
    own === undefined ? 'Schema "lethe" is' : `Schema "lethe" and Lethe's own help desk, "${own}", are`;
  return `${made} in the database${isEmbedded ? ' in .lethe/' : ''}.`;
}

function publishedLine(published: readonly string[] | null): string {
  if (published === null)
    return 'Policies have been published here before: files are drafts until `lethe policy publish`.';
  const firsts = published.filter((id) => !id.startsWith('lethe-'));
  if (firsts.length === 0)
    return "In force are only Lethe's rules about its own records. Write policies into the policies folder and run `lethe init` again: the first ones are in force at once.";
  return `${counted(published.length, 'policy', 'policies')} published and in force; \`lethe policy history\` lists them.`;
}

/** Checks that the map fits, then makes or brings up to date what is Lethe's own; returns the migrations it applied. */
async function prepareDatabase(db: Database, graph: MapGraph): Promise<readonly string[]> {
  const sets = migrationSets(graph);
  if (sets.length === 0) await requireFit(db, graph);
  return migrate(db, sets);
}
