import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LetheError } from '../core/errors.js';
import { readTemplate, type Template } from '../documents/template.js';
import type { Language } from '../policy/languages.js';
import { SHIPPED_REPORTS } from './words.js';

/**
 * The template of a report in a language: the installation's own (`reports/<report>/<language>.liquid` beside lethe.json),
 * else the shipped one.
 * @throws LetheError `input_invalid` for a language that has none
 */
export async function reportTemplate(report: string, language: Language, folder?: string): Promise<Template> {
  const name = join(report, `${language}.liquid`);
  const own = folder === undefined ? null : join(folder, 'reports', name);
  const file = own !== null && existsSync(own) ? own : join(SHIPPED_REPORTS, name);
  if (existsSync(file)) return readTemplate(file, language, `reports/${report}/${language}.liquid`);
  const known = (await readdir(join(SHIPPED_REPORTS, report))).map((shipped) =>
    shipped.replace('.liquid', ''),
  );
  throw new LetheError('input_invalid', {
    what: 'language',
    reason: `there is no template of this report for "${language}"; shipped: ${known.join(', ')}; your own goes to reports/${report}/${language}.liquid`,
  });
}
