import type { Command } from 'commander';
import { loadConfig, surroundings } from '../config.js';
import { openDatabase } from '../db/open.js';
import { schemaState } from '../db/migrate.js';
import { checkMap, type Finding } from '../datamap/check.js';
import { loadMap } from '../datamap/load.js';
import { migrationSets } from '../engine-parts.js';
import { counted } from './output.js';
import { globalOptions, outputOf } from './session.js';

/** `lethe doctor`: the data map against the live database; needs no schema "lethe". */
export function doctorCommand(program: Command): void {
  program
    .command('doctor')
    .description(
      'the data map against the live database: what is missing, unmapped, unindexed or not allowed',
    )
    .action((_options, command: Command) => doctor(command));
}

async function doctor(command: Command): Promise<void> {
  const config = await loadConfig(surroundings(), globalOptions(command).config);
  const graph = await loadMap(config.map, config.parameters, config.folder);
  const db = await openDatabase({ url: config.database.url, folder: config.database.embedded });
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
