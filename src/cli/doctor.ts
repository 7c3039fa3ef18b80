import type { Command } from 'commander';
import { databaseConfig, loadConfig, surroundings, type Config } from '../config.js';
import { systemClock } from '../core/clock.js';
import { checkCoverage } from '../doctor/coverage.js';
import { openDatabase } from '../db/open.js';
import { schemaState, type SchemaState } from '../db/migrate.js';
import { checkMap, type Finding } from '../datamap/check.js';
import { bySeverity } from '../datamap/finding.js';
import type { MapGraph } from '../datamap/graph.js';
import { loadMap } from '../datamap/load.js';
import { ticketSystemOf } from '../datamap/ticket-system.js';
import { migrationSets } from '../engine-parts.js';
import { collectParameter } from './init.js';
import { counted } from './output.js';
import { globalOptions, outputOf } from './session.js';

/**
 * `lethe doctor`: the data map against the live database, and whether what is there is covered. Runs where other commands
 * refuse: without schema "lethe" (the map alone), with a lost or foreign vault, on a restored database.
 */
export function doctorCommand(program: Command): void {
  program
    .command('doctor')
    .description(
      'what is wrong or needs a hand: the data map, rights, indexes, personal data no rule reaches, backlog, schedules, vault',
    )
    .option(
      '--map <map>',
      'look at this map alone, not at the one of lethe.json; needs neither lethe.json nor schema "lethe"',
    )
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
  const findings = sorted(await examine(config, graph));
  outputOf(command).list(
    findings,
    findingLine,
    config === null
      ? `The data map "${graph.id}" fits this database.`
      : `The data map "${graph.id}" fits this database, and everything is covered.`,
  );
  outputOf(command).say(...(findings.length > 0 ? [summary(findings)] : []));
  if (findings.some(({ severity }) => severity === 'error')) process.exitCode = 1;
}

/** Without a configuration nobody knows what else belongs to the database than the map. */
async function examine(config: Config | null, graph: MapGraph): Promise<readonly Finding[]> {
  const place = databaseConfig(surroundings());
  const db = await openDatabase({ url: place.url, folder: place.embedded });
  try {
    const state = await schemaState(db, migrationSets(graph));
    const covered = config !== null && state === 'current';
    return [
      ...schemaFindings(state, config !== null),
      // an older schema "lethe" is told of once, not column by column
      ...(await checkMap(db, state === 'current' ? graph : ticketSystemOf(graph))),
      ...(covered ? await checkCoverage({ db, graph, config, clock: systemClock }) : []),
    ];
  } finally {
    await db.close();
  }
}

function schemaFindings(state: SchemaState, isInstalled: boolean): readonly Finding[] {
  if (state === 'current') return [];
  const message =
    state === 'missing' ? 'there is no schema "lethe" yet' : 'schema "lethe" is older than this version';
  const left = isInstalled
    ? ': only the map was looked at, not what the rules cover; run `lethe init`, then this again'
    : '; run `lethe init`';
  return [{ severity: 'warning', code: 'schema', thing: 'lethe', message: `${message}${left}` }];
}

/** By what it is about, numbers in their order: `edges[2]` before `edges[10]`. */
const ORDER = new Intl.Collator('en', { numeric: true });

const sorted = (findings: readonly Finding[]): readonly Finding[] =>
  bySeverity(findings.toSorted((one, other) => ORDER.compare(one.thing, other.thing)));

function summary(findings: readonly Finding[]): string {
  const of = (wanted: Finding['severity']): string =>
    counted(findings.filter(({ severity }) => severity === wanted).length, wanted);
  return `${counted(findings.length, 'finding')}: ${of('error')}, ${of('warning')}, ${of('hint')}.`;
}

const findingLine = ({ severity, thing, message, sql }: Finding): string =>
  `${severity.padEnd(7)} ${thing}: ${message}${sql === undefined ? '' : `\n        ${sql}`}`;
