import { LetheError } from '../core/errors.js';
import { LANGUAGES, type Language } from '../policy/languages.js';
import { CHANNELS, factsOfNotice, noticeView, type NoticeWish } from './privacy-notice.js';
import { makeReport, type Report } from './report.js';
import { known, sourceAt, templatesOf, type ReportsContext } from './report-source.js';
import type { Source } from './source.js';
import { readWords } from './words.js';

const NAME = 'privacy-notice';

interface Wish extends NoticeWish {
  readonly asOf?: string;
}

/**
 * The notice of a channel in a language, from the policies in force when it is asked for.
 * @throws LetheError `document_incomplete`, `input_invalid`
 */
export async function noticeReport(
  context: ReportsContext,
  { channel, language, asOf }: Wish,
): Promise<Report> {
  known('channel', channel, CHANNELS);
  known('language', language, LANGUAGES);
  const source = await sourceAt(context, asOf);
  requireSpoken(source, language);
  const words = await readWords(language, context.folder);
  const facts = factsOfNotice(source, { channel, language }, words);
  const view = noticeView(facts, words);
  const templates = await templatesOf(context, NAME, language);
  return makeReport({ name: NAME, language, facts, view, ...templates, ...source });
}

/** The controller says which languages people are told in, and has the texts in these reviewed. */
function requireSpoken({ policies }: Source, language: Language): void {
  const spoken = policies.organisation[0]?.entry.languages;
  if (spoken && !spoken.includes(language))
    throw new LetheError('input_invalid', {
      what: 'language',
      reason: `the organisation tells people in ${spoken.join(', ')}, not in "${language}"`,
    });
}
