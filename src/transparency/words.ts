import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { LetheError } from '../core/errors.js';
import { zodProblems } from '../datamap/zod-problems.js';
import type { Language } from '../policy/languages.js';

/** The same folder seen from src/transparency and from dist/transparency: the package ships it as it is. */
export const SHIPPED_REPORTS = fileURLToPath(new URL('../../reports', import.meta.url));

const terms = z.record(z.string(), z.string().min(1));
const unit = z.strictObject({ one: z.string().min(1), many: z.string().includes('{n}') });
const phrase = z.string().includes('{period}');

const wordsSchema = z.strictObject({
  categories: terms.describe(
    'data categories of fideslang; one without words of its own has those of the one above it',
  ),
  subjects: terms,
  bases: terms.describe('Art. 6(1): A6-1-a …'),
  grounds: terms.describe('Art. 9(2): A9-2-a …'),
  rights: terms,
  recipients: terms.describe('what a recipient is: processor, controller …'),
  safeguards: terms,
  sources: terms,
  obligations: terms,
  roles: terms.describe('roles of the ticket system; one without words is called by its name'),
  deeds: terms.describe('what may be done with a record'),
  numbers: z.array(z.string().min(1)).describe('two, three, four …'),
  units: z.strictObject({ years: unit, months: unit, weeks: unit, days: unit }),
  and: z.string().min(1),
  periods: z.strictObject({
    event: phrase.includes('{start}'),
    endOfYear: phrase.includes('{start}'),
    atLeast: phrase,
    consent: phrase,
    start: z.string().includes('{fact}').describe('a start event that a policy has no words for'),
  }),
});
/** The terms of the law, of data categories and of periods in one language. */
export type Words = z.infer<typeof wordsSchema>;
/** Lists of terms that are looked up by name. */
export type TermList =
  'subjects' | 'bases' | 'grounds' | 'rights' | 'recipients' | 'safeguards' | 'sources' | 'obligations';

/**
 * The words of a language: the installation's own (`reports/words/<language>.json` beside lethe.json), else the shipped ones.
 * @throws LetheError `template_invalid`
 */
export async function readWords(language: Language, folder?: string): Promise<Words> {
  const name = join('words', `${language}.json`);
  const own = folder === undefined ? null : join(folder, 'reports', name);
  const text = await readFile(own !== null && existsSync(own) ? own : join(SHIPPED_REPORTS, name), 'utf8');
  const path = `reports/words/${language}.json`;
  const content = jsonOf(text, path);
  const parsed = wordsSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const [first] = zodProblems(path, parsed.error, content, wordsSchema);
  throw new LetheError('template_invalid', {
    path,
    problem: `${first?.path ?? ''}: ${first?.message ?? ''}`,
  });
}

function jsonOf(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new LetheError('template_invalid', { path, problem: 'is no JSON' }, { cause: error });
  }
}

/** The words of a data category, or of the nearest one above it that has some; null: there are none. */
export function categoryWord({ categories }: Words, category: string): string | null {
  for (let name = category; name !== ''; name = name.slice(0, Math.max(0, name.lastIndexOf('.')))) {
    const word = categories[name];
    if (word !== undefined) return word;
  }
  return null;
}
