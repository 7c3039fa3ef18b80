import { writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { Command } from 'commander';
import { LetheError } from '../core/errors.js';
import { systemReason } from '../core/system-reason.js';
import type { Language } from '../policy/languages.js';
import { LANGUAGES } from '../policy/languages.js';
import { CHANNELS } from '../transparency/privacy-notice.js';
import { REPORT_FORMATS, type ReportFormat } from '../transparency/report-format.js';
import { known } from '../transparency/report-source.js';
import type { ReportWish, WrittenReport } from '../transparency/reports.js';
import { withEngine, type Session } from './session.js';

interface ReportOptions {
  readonly asOf?: string;
  readonly format?: string;
  readonly language?: string;
  readonly output?: string;
}
interface NoticeOptions extends ReportOptions {
  readonly channel: string;
  readonly language: string;
}

/** `lethe report processing-record | privacy-notice | retention-schedule` */
export function reportCommands(program: Command): void {
  const report = program
    .command('report')
    .description('what people are told, and what the controller must be able to show');
  shared(report.command('processing-record'))
    .description('the record of processing activities (GDPR Art. 30(1))')
    .option('--language <language>', 'en, de, or your own in reports/processing-record/')
    .action((options: ReportOptions, command: Command) =>
      withEngine(command, async (session) =>
        give(session, options, await session.engine.reports.processingRecord(wishOf(session, options))),
      ),
    );
  shared(report.command('privacy-notice'))
    .description('what people are told (GDPR Art. 13, 14), by the channel they come by')
    .requiredOption('--channel <channel>', CHANNELS.join(', '))
    .option('--language <language>', LANGUAGES.join(', '), 'en')
    .action((options: NoticeOptions, command: Command) =>
      withEngine(command, async (session) => {
        const channel = known('--channel', options.channel, CHANNELS);
        const language = languageOf(options.language);
        const wish = { ...wishOf(session, options), channel, language };
        await give(session, options, await session.engine.reports.privacyNotice(wish));
      }),
    );
  shared(report.command('retention-schedule'))
    .description('what is kept for how long, and by which policy')
    .option('--language <language>', 'en, de, or your own in reports/retention-schedule/')
    .action((options: ReportOptions, command: Command) =>
      withEngine(command, async (session) =>
        give(session, options, await session.engine.reports.retentionSchedule(wishOf(session, options))),
      ),
    );
}

const shared = (command: Command): Command =>
  command
    .option('--as-of <time>', 'as it was then: a day such as 2026-11-21, or an instant (default: now)')
    .option('--format <format>', 'pdf, html, json or text (default: as the file is called, else text)')
    .option('--output <file>', 'write it there instead of to standard output');

function wishOf({ out }: Session, options: ReportOptions): ReportWish {
  const { asOf, language } = options;
  return {
    format: formatOf(options, out.isJson),
    ...(asOf === undefined ? {} : { asOf }),
    ...(language === undefined ? {} : { language: languageOf(language) }),
  };
}

const languageOf = (language: string): Language => known('--language', language, LANGUAGES);

const SUFFIXES: Readonly<Record<string, string>> = { '.txt': 'text', '.htm': 'html' };

function formatOf({ format, output }: ReportOptions, isJson: boolean): ReportFormat {
  const suffix = extname(output ?? '').toLowerCase();
  const named = SUFFIXES[suffix] ?? suffix.slice(1);
  const wanted = format ?? (output === undefined ? (isJson ? 'json' : 'text') : named);
  if (format === undefined && !REPORT_FORMATS.some((one) => one === wanted))
    throw new LetheError('input_invalid', {
      what: '--output',
      reason: 'its name must end in .pdf, .html, .json, .text or .txt, or --format say what it is to hold',
    });
  const found = known('--format', wanted, REPORT_FORMATS);
  if (found === 'pdf' && output === undefined && process.stdout.isTTY)
    throw new LetheError('input_invalid', {
      what: '--output',
      reason: 'name a file for the PDF, such as report.pdf',
    });
  return found;
}

async function give({ out }: Session, { output }: ReportOptions, report: WrittenReport): Promise<void> {
  const { id, digest, asOf, format, content } = report;
  if (output === undefined) {
    process.stdout.write(content);
    return;
  }
  await writeFile(output, content).catch((error: unknown) => {
    const reason = `cannot write ${output}: ${systemReason(error)}`;
    throw new LetheError('input_invalid', { what: '--output', reason });
  });
  out.result({ id, digest, asOf, format, file: output }, [`${id} is in ${output}.`, `Digest ${digest}`]);
}
