import type { Command } from 'commander';
import { databaseConfig, loadConfig, surroundings } from '../config.js';
import { openDatabase } from '../db/open.js';
import { schemaState } from '../db/migrate.js';
import { checkMap, type Finding } from '../datamap/check.js';
import { loadMap } from '../datamap/load.js';
import { migrationSets } from '../engine-parts.js';
import { collectParameter } from './init.js';
import { counted } from './output.js';
import { globalOptions, outputOf } from './session.js';

/** `lethe doctor`: the data map against the live database; needs no schema "lethe". */
export function doctorCommand(program: Command): void {
  program
    .command('doctor')
    .description(
      'the data map against the live database: what is missing, unmapped, unindexed or not allowed',
    )
    .option('--map <map>', 'another map than the one of lethe.json; then none is needed')
    .option('--param <key=value>', 'a parameter of that map; may be given again', collectParameter, {})
    .action((options: DoctorOptions, command: Command) => doctor(command, options));
}

interface DoctorOptions {
  readonly map?: string;
  readonly param: Readonly<Record<string, string>>;
}

async function doctor(command: Command, { map, param }: DoctorOptions): Promise<void> {
  const around = surroundings();
  const config = map === undefined ? await loadConfig(around, globalOptions(command).config) : null;
  const graph = await loadMap(
    map ?? config?.map ?? '',
    config?.parameters ?? param,
    config?.folder ?? around.cwd,
  );
  const place = databaseConfig(around);
  const db = await openDatabase({ url: place.url, folder: place.embedded });
  try {
    const state = await schemaState(db, migrationSets(graph));
    const findings = [...schemaFindings(state), ...(await checkMap(db, graph))];
    outputOf(command).list(findings, findingLine, `The data map "${graph.id}" fits this database.`);
    const errors = findings.filter(({ severity }) => severity === 'error').length;
    outputOf(command).say(
      ...(findings.length > 0
        ? [`${counted(findings.length, 'finding')}, ${counted(errors, 'error')}.`]
        : []),
    );
    if (errors > 0) process.exitCode = 1;
  } finally {
    await db.close();
  }
}

function schemaFindings(state: 'missing' | 'older' | 'current'): readonly Finding[] {
  if (state === 'current') return [];
  const message =
    state === 'missing'
      ? 'there is no schema "lethe" yet: only doctor and policy commands run'
      : 'schema "lethe" is older than this version';
  return [{ severity: 'warning', code: 'schema', thing: 'lethe', message: `${message}; run \`lethe init\`` }];
}

const findingLine = ({ severity, thing, message, sql }: Finding): string =>
  `${severity.padEnd(7)} ${thing}: ${message}${sql === undefined ? '' : `\n        ${sql}`}`;
