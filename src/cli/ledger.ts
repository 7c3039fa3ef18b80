import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { InvalidArgumentError, type Command } from 'commander';
import { LetheError } from '../core/errors.js';
import { systemReason } from '../core/system-reason.js';
import { UNTRUSTED } from '../ledger/chain-check.js';
import { verifyExport } from '../ledger/verify-export.js';
import type { Verification } from '../ledger/verify.js';
import { holdsProof, reportProof } from './ledger-proof.js';
import { counted, type Output } from './output.js';
import { outputOf, withEngine, withRescue } from './session.js';

/** Findings shown to people; with --json all of them are there. */
const SHOWN = 20;

interface VerifyOptions {
  readonly key?: readonly string[];
}

interface ShowOptions {
  readonly kind?: string;
  readonly plan?: string;
  readonly proof?: boolean;
}

/** `lethe ledger …` */
export function ledgerCommands(program: Command): void {
  const ledger = program
    .command('ledger')
    .description('what Lethe did, in signed blocks that survive erasure');
  ledger
    .command('verify [file]')
    .description(
      'every entry, block and signature: of the database, or without one of an export; or the proof of an entry',
    )
    .option('--key <fingerprint>', 'trust this key alone; may be given again', collectKey)
    .action((file: string | undefined, options: VerifyOptions, command: Command) =>
      verify(command, file, options.key ?? []),
    );
  ledger
    .command('show [entry]')
    .description('the entries, one JSON document a line; or one, with the proof that it is in a signed block')
    .option('--kind <kind>', 'only entries of this kind, such as retention.batch')
    .option('--plan <plan>', 'only entries about this plan')
    .option('--proof', 'with an entry: its inclusion proof')
    .action((entry: string | undefined, options: ShowOptions, command: Command) =>
      show(command, entry, options),
    );
  ledger
    .command('export')
    .description('the whole ledger to standard output; `lethe ledger verify FILE` checks it anywhere')
    .action((_options, command: Command) => exportAll(command));
}

function collectKey(value: string, sofar: readonly string[] = []): readonly string[] {
  const key = value.toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(key))
    throw new InvalidArgumentError('a fingerprint has 64 hexadecimal digits; `lethe keys status` shows them');
  return [...sofar, key];
}

async function verify(command: Command, file: string | undefined, pinned: readonly string[]): Promise<void> {
  if (file !== undefined && (await holdsProof(file))) return reportProof(outputOf(command), file, pinned);
  if (file !== undefined) {
    const found = await verifyExport(readable(file), pinned);
    report(outputOf(command), `The ledger in ${file}`, found);
    return;
  }
  await withRescue(command, async ({ rescue, out }) => {
    report(out, 'The ledger', await rescue.verify(pinned));
  });
}

async function* readable(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path) as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw new LetheError('file_unreadable', { path, reason: systemReason(error) });
  }
}

function report(out: Output, what: string, found: Verification): void {
  const { ok, blocks, entries, unsealed, last, keys, findings } = found;
  out.result(found, [
    ...findings.slice(0, SHOWN).map(({ where, problem }) => `${where}: ${problem}`),
    ...(findings.length > SHOWN ? [`… and ${counted(findings.length - SHOWN, 'finding')} more`] : []),
    ok
      ? `${what} is whole: ${counted(entries, 'entry', 'entries')} in ${counted(blocks, 'block')}${unsealed > 0 ? `, ${unsealed} waiting for theirs` : ''}.`
      : `${what} is NOT as it was sealed: ${counted(findings.length, 'finding')}.`,
    ...(findings.some(({ problem }) => problem.includes(UNTRUSTED))
      ? ['If the signing key was changed, name each key that you trust with a --key of its own.']
      : []),
    ...(last.hash === null ? [] : [`Last block: ${last.number}, ${last.hash}`]),
    ...keys.map((key) => `Signed with key ${key}`),
  ]);
  if (!ok) process.exitCode = 1;
}

const show = (command: Command, id: string | undefined, { proof, ...filter }: ShowOptions): Promise<void> =>
  withEngine(command, async ({ engine }) => {
    if (id === undefined) {
      for await (const entry of engine.ledger.entries(filter)) print(entry);
      return;
    }
    print(proof ? await engine.ledger.prove(id) : await engine.ledger.entry(id));
  });

const print = (document: object): void => {
  process.stdout.write(`${JSON.stringify(document)}\n`);
};

const exportAll = (command: Command): Promise<void> =>
  withEngine(command, async ({ engine }) => {
    for await (const line of engine.ledger.export())
      if (!process.stdout.write(line)) await once(process.stdout, 'drain');
  });
