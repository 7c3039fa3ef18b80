import type { ActorName } from '../core/actor.js';
import { actorId } from '../ledger/actor-directory.js';
import { LANGUAGES, type Language } from '../policy/languages.js';
import type { ReportName } from './needs.js';
import { noticeReport } from './notice-report.js';
import { noticeShown, storeNotice } from './notice-store.js';
import type { Channel } from './privacy-notice.js';
import { factsOfRecord } from './processing-record.js';
import {
  MEDIA_TYPES,
  REPORT_FORMATS,
  writtenDocument,
  writtenReport,
  type ReportFormat,
} from './report-format.js';
import { known, sourceAt, templatesOf, type ReportsContext } from './report-source.js';
import { makeReport, type Report } from './report.js';
import { factsOfSchedule } from './retention-schedule.js';
import type { Source } from './source.js';
import { readWords } from './words.js';

/** What a report can be asked for. */
export interface ReportWish {
  /** Default: `json`. */
  readonly format?: ReportFormat | undefined;
  /** An instant, or a day (its first instant in UTC); default: now. */
  readonly asOf?: string;
  /** Default: the organisation's first language that there is a template for, else English. */
  readonly language?: Language;
}
export interface NoticeOf extends ReportWish {
  readonly channel: Channel;
  readonly language: Language;
}

/** A report with its bytes. */
export interface WrittenReport extends Report {
  readonly format: ReportFormat;
  readonly mediaType: string;
  readonly content: Buffer;
}

/** What people are told, and what the controller must be able to show. */
export interface Reports {
  /** Art. 30(1). Throws `document_incomplete` naming what is missing. */
  processingRecord(wish?: ReportWish): Promise<WrittenReport>;
  /** Art. 13 and 14, for those who come by a channel. Throws `document_incomplete` naming what is missing. */
  privacyNotice(wish: NoticeOf): Promise<WrittenReport>;
  retentionSchedule(wish?: ReportWish): Promise<WrittenReport>;
  /** The digest that names the notice's text: another one only when something in it is otherwise. */
  noticeVersion(wish: Omit<NoticeOf, 'format'>): Promise<string>;
  /**
   * The notice in force, for somebody who is about to see it: its text is kept, so that it can be shown again by its digest,
   * which belongs on their ticket. Throws what `privacyNotice` throws.
   */
  showNotice(wish: Omit<NoticeOf, 'asOf'>, actor: Pick<ActorName, 'name'>): Promise<WrittenReport>;
  /** A notice that was shown, by its digest. Throws `notice_unknown`. */
  shownNotice(digest: string, format: 'pdf' | 'html' | 'text'): Promise<Buffer>;
}

const FALLBACK: Language = 'en';
/** Languages the record and the schedule are shipped in. */
const INTERNAL: readonly Language[] = ['en', 'de'];

export function reportsOver(context: ReportsContext): Reports {
  const { db, clock } = context;
  const written = async (report: Report, format: ReportFormat = 'json'): Promise<WrittenReport> => ({
    ...report,
    format: known('format', format, REPORT_FORMATS),
    mediaType: MEDIA_TYPES[format],
    content: await writtenReport(report, format),
  });
  const internal = async (name: Exclude<ReportName, 'privacy-notice'>, { format, ...wish }: ReportWish) =>
    written(await internalReport(context, name, wish), format);
  return {
    processingRecord: (wish = {}) => internal('processing-record', wish),
    retentionSchedule: (wish = {}) => internal('retention-schedule', wish),
    privacyNotice: async ({ format, ...wish }) => written(await noticeReport(context, wish), format),
    noticeVersion: async (wish) => (await noticeReport(context, wish)).digest,
    showNotice: async ({ format, channel, language }, { name }) => {
      const report = await noticeReport(context, { channel, language });
      await db.transaction(async (tx) => storeNotice(tx, report, await actorId(tx, name)));
      return written(report, format);
    },
    shownNotice: async (digest, format) =>
      writtenDocument(await noticeShown(db, digest, clock.now()), format),
  };
}

async function internalReport(
  context: ReportsContext,
  name: Exclude<ReportName, 'privacy-notice'>,
  { asOf, language: wished }: Omit<ReportWish, 'format'>,
): Promise<Report> {
  const source = await sourceAt(context, asOf);
  const language = known('language', wished ?? firstLanguage(source), LANGUAGES);
  const words = await readWords(language, context.folder);
  const facts =
    name === 'processing-record'
      ? factsOfRecord(source, language, words)
      : factsOfSchedule(source, language, words);
  return makeReport({ name, language, facts, ...(await templatesOf(context, name, language)), ...source });
}

const firstLanguage = ({ policies }: Source): Language =>
  policies.organisation[0]?.entry.languages.find((language) => INTERNAL.includes(language)) ?? FALLBACK;
