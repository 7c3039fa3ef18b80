import { readFile } from 'node:fs/promises';
import { Liquid } from 'liquidjs';
import { LetheError } from '../core/errors.js';
import { systemReason } from '../core/system-reason.js';
import type { Block } from './document.js';
import { formatsOf } from './formats.js';
import { readProse, type Prose } from './prose.js';
import { escapeProse } from './spans.js';

/** A report template: LiquidJS text that renders to prose. */
export interface Template {
  /** As the user would write it. */
  readonly path: string;
  readonly text: string;
  readonly language: string;
}

/** @throws LetheError `file_unreadable` */
export async function readTemplate(file: string, language: string, path = file): Promise<Template> {
  try {
    return { path, text: await readFile(file, 'utf8'), language };
  } catch (error) {
    throw new LetheError('file_unreadable', { path, reason: systemReason(error) });
  }
}

/**
 * Renders a template over facts. Every value that is put out is escaped, so facts stay facts; a variable or filter that
 * does not exist is an error. Filters: `number`, `date`, `instant`, `exact`.
 * @throws LetheError `template_invalid`
 */
export function renderTemplate(
  { path, text, language }: Template,
  facts: object,
  inserts: Readonly<Record<string, Block>> = {},
): Prose {
  try {
    return readProse(String(engineFor(language).parseAndRenderSync(text, facts)), inserts);
  } catch (error) {
    throw new LetheError('template_invalid', { path, problem: problemOf(error) }, { cause: error });
  }
}

/** Templates read no files and no environment: `include`, `render` and `layout` find nothing. */
function engineFor(language: string): Liquid {
  const engine = new Liquid({
    strictVariables: true,
    strictFilters: true,
    ownPropertyOnly: true,
    outputEscape: escapeProse,
    templates: {},
  });
  for (const [name, format] of Object.entries(formatsOf(language))) engine.registerFilter(name, format);
  return engine;
}

/** The first line: what and where. The lines below show the template's text around it. */
const problemOf = (error: unknown): string =>
  (error instanceof Error ? error.message : 'unknown problem').split('\n')[0] ?? '';
