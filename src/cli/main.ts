#!/usr/bin/env node
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { LetheError } from '../core/errors.js';
import { demoCommand } from './demo.js';
import { doctorCommand } from './doctor.js';
import { holdCommands } from './hold.js';
import { initCommand } from './init.js';
import { keysCommands } from './keys.js';
import { ledgerCommands } from './ledger.js';
import { policyCommands } from './policy.js';
import { rescueCommands } from './rescue.js';
import { retentionCommands } from './retention.js';
import { statusCommand } from './status.js';
import { workerCommand } from './worker.js';

const UNEXPECTED = 1;
const BAD_INPUT = 2;

function buildProgram(): Command {
  const program = new Command('lethe')
    .description('A privacy engine for ticket systems.')
    .option('--json', 'print one JSON document, or one a line for lists')
    .option('--config <file>', 'the configuration (default: lethe.json)')
    .option('--as <name>', 'who acts (default: the operating system user)')
    .showSuggestionAfterError()
    .exitOverride();
  for (const add of [
    demoCommand,
    statusCommand,
    workerCommand,
    initCommand,
    doctorCommand,
    policyCommands,
    retentionCommands,
    holdCommands,
    keysCommands,
    ledgerCommands,
    rescueCommands,
  ])
    add(program);
  inherit(program);
  return program;
}

/** Global options may stand before or after the command's name. */
function inherit(command: Command): void {
  for (const child of command.commands) {
    child.exitOverride();
    for (const { flags, description } of globalFlags) child.option(flags, description);
    inherit(child);
  }
}

const globalFlags = [
  { flags: '--json', description: 'print JSON' },
  { flags: '--config <file>', description: 'the configuration' },
  { flags: '--as <name>', description: 'who acts' },
];

/** Runs one command line; returns its exit code. */
async function run(argv: readonly string[]): Promise<number> {
  try {
    await buildProgram().parseAsync(argv, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    return report(error, argv.includes('--json'));
  }
}

function report(error: unknown, isJson: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : BAD_INPUT;
  if (error instanceof LetheError) {
    const { code, message, details } = error;
    if (isJson) process.stdout.write(`${JSON.stringify({ error: { code, message, details } })}\n`);
    process.stderr.write(`lethe: ${message} [${code}]\n`);
    return error.exitCode;
  }
  // the text of an unexpected error may hold a record's content, so only where it happened is shown
  const where = error instanceof Error ? (error.stack ?? '').split('\n').slice(1).join('\n') : '';
  process.stderr.write(
    `lethe: unexpected ${error instanceof Error ? error.name : 'error'}; please report it\n${where}\n`,
  );
  return UNEXPECTED;
}

const isMain =
  process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url);
// a reader that has seen enough, such as head, is no failure
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : UNEXPECTED);
});
if (isMain) process.exitCode = await run(process.argv.slice(2));
