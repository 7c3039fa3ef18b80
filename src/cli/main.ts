#!/usr/bin/env node
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { LetheError } from '../core/errors.js';
import { systemReason } from '../core/system-reason.js';
import { accessCommands } from './access.js';
import { consentCommands } from './consent.js';
import { demoCommand } from './demo.js';
import { doctorCommand } from './doctor.js';
import { holdCommands } from './hold.js';
import { initCommand } from './init.js';
import { keysCommands } from './keys.js';
import { ledgerCommands } from './ledger.js';
import { policyCommands } from './policy.js';
import { reportCommands } from './report.js';
import { recordingCommands } from './recording.js';
import { rescueCommands } from './rescue.js';
import { retentionCommands } from './retention.js';
import { statusCommand } from './status.js';
import { tokenCommands } from './token.js';
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
    consentCommands,
    accessCommands,
    keysCommands,
    tokenCommands,
    recordingCommands,
    ledgerCommands,
    reportCommands,
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

function report(thrown: unknown, isJson: boolean): number {
  if (thrown instanceof CommanderError) return reportUsage(thrown, isJson);
  const error = knownFailure(thrown);
  if (error instanceof LetheError) {
    const { code, message, details, findings } = error;
    if (isJson) printError({ code, message, details, ...(findings.length > 0 && { findings }) });
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

/** The words for people are on standard error already. */
function reportUsage({ exitCode, message }: CommanderError, isJson: boolean): number {
  if (exitCode === 0) return 0;
  const reason = message.startsWith('(') ? 'a command is missing' : message.replace(/^error: /, '');
  if (isJson) printError({ code: 'input_invalid', message: reason, details: {} });
  return BAD_INPUT;
}

/** A file or folder that the system does not let us use is no fault of the program. */
function knownFailure(error: unknown): unknown {
  if (!(error instanceof Error && 'syscall' in error && 'path' in error)) return error;
  return new LetheError('file_unusable', { path: String(error.path), reason: systemReason(error) });
}

const printError = (error: object): void => {
  process.stdout.write(`${JSON.stringify({ error })}\n`);
};

const isMain =
  process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url);
// a reader that has seen enough, such as head, is no failure
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : UNEXPECTED);
});
if (isMain) process.exitCode = await run(process.argv.slice(2));
