import { createWriteStream } from 'node:fs';
import { extname } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { LetheError, type Problem } from '../core/errors.js';
import { systemReason } from '../core/system-reason.js';
import { readJsonFile } from '../datamap/json-file.js';
import { writePdf } from '../documents/pdf.js';
import { textLines } from '../documents/plain-text.js';
import { certificateDocument, certificateTemplate } from '../retention/certificate-document.js';
import type { Certificate } from '../retention/certificate-facts.js';
import { withEngine, type Session } from './session.js';

const FORMATS = ['pdf', 'json', 'text'] as const;
type Format = (typeof FORMATS)[number];

interface CertificateOptions {
  readonly format?: string;
  readonly language: string;
  readonly out?: string;
  readonly check?: string;
}

/** `lethe retention certificate <plan>` */
export function certificateCommand(retention: Command): void {
  retention
    .command('certificate <plan>')
    .description('what a finished run did and what that does not cover, with proof: PDF, JSON or text')
    .option('--format <format>', 'pdf, json or text (default: as the file is called, else text)')
    .option(
      '--language <language>',
      'of the words in PDF and text: en, de, or your own in reports/certificate/',
      'en',
    )
    .option('--out <file>', 'write it there instead of to standard output')
    .option('--check <file>', 'compare a certificate in JSON with the database and the ledger')
    .action((plan: string, options: CertificateOptions, command: Command) =>
      withEngine(command, (session) =>
        options.check === undefined ? issue(session, plan, options) : check(session, plan, options.check),
      ),
    );
}

async function issue(session: Session, plan: string, options: CertificateOptions): Promise<void> {
  const { engine, config, out } = session;
  const format = formatOf(options, out.isJson);
  const template = await certificateTemplate(options.language, config.folder);
  const certificate = await engine.retention.certificate(plan);
  const document = certificateDocument(certificate, template);
  const target = options.out === undefined ? process.stdout : await openFile(options.out);
  if (format === 'pdf') await writePdf(document, target);
  else if (format === 'json') await write(jsonLines(certificate, out.isJson), target);
  else await write(textLines(document), target);
  if (options.out === undefined) return;
  const { id, digest } = certificate;
  out.result({ id, plan, digest, format, file: options.out }, [
    `Certificate ${id} is in ${options.out}.`,
    `Digest ${digest}`,
  ]);
}

function formatOf({ format, out }: CertificateOptions, isJson: boolean): Format {
  const suffix = extname(out ?? '')
    .slice(1)
    .toLowerCase();
  const wanted =
    format ?? (out === undefined ? (isJson ? 'json' : 'text') : suffix === 'txt' ? 'text' : suffix);
  const known = FORMATS.find((one) => one === wanted);
  if (!known) throw unknownFormat(format === undefined ? '--out' : '--format');
  if (known === 'pdf' && out === undefined && process.stdout.isTTY)
    throw new LetheError('input_invalid', {
      what: '--out',
      reason: 'name a file for the PDF, such as certificate.pdf',
    });
  return known;
}

const unknownFormat = (what: '--out' | '--format'): LetheError =>
  new LetheError('input_invalid', {
    what,
    reason:
      what === '--format'
        ? `must be one of ${FORMATS.join(', ')}`
        : 'its name must end in .pdf, .json, .text or .txt, or --format say what it is to hold',
  });

/** @throws LetheError `input_invalid` when the file cannot be written */
async function openFile(path: string): Promise<Writable> {
  const file = createWriteStream(path);
  await new Promise<void>((resolve, reject) => {
    file.once('open', () => {
      resolve();
    });
    file.once('error', (error: Error) => {
      reject(
        new LetheError('input_invalid', {
          what: '--out',
          reason: `cannot write ${path}: ${systemReason(error)}`,
        }),
      );
    });
  });
  return file;
}

/** On one line for programs. */
const jsonLines = (certificate: Certificate, isShort: boolean): readonly string[] => [
  isShort ? JSON.stringify(certificate) : JSON.stringify(certificate, null, 2),
];

async function write(lines: Iterable<string> | AsyncIterable<string>, target: Writable): Promise<void> {
  await pipeline(Readable.from(terminated(lines)), target, { end: target !== process.stdout });
}

async function* terminated(lines: Iterable<string> | AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}

async function check({ engine, out }: Session, plan: string, path: string): Promise<void> {
  const problems: Problem[] = [];
  const shown = await readJsonFile(path, path, problems);
  const [problem] = problems;
  if (problem) throw new LetheError('input_invalid', { what: path, reason: problem.message });
  const result = await engine.retention.checkCertificate(plan, shown);
  const { ok, intact, differences, erased, unreadableNow } = result;
  out.result({ plan, ...result }, [
    ...(intact ? [] : ['Its digest is not the one of what it says: something in it was changed.']),
    ...differences.map((place) => `${place}: not what the database and the ledger say`),
    ...erased.map((id) => `The name of ${id} has been erased since.`),
    ...(unreadableNow ? ['Copies of the vault from before the run cannot be read any more.'] : []),
    ok
      ? 'The certificate is as it was issued, and the database and the ledger say the same.'
      : 'The certificate is NOT what the database and the ledger say.',
  ]);
  if (!ok) process.exitCode = 1;
}
