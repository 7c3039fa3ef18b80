import type { Clock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import { parseInstant, startOfDayIn, type Instant } from '../core/instant.js';
import type { Database, Queryable } from '../db/database.js';
import type { MapGraph } from '../datamap/graph.js';
import type { Language } from '../policy/languages.js';
import type { PoliciesByKind } from '../policy/policy.js';
import type { ReportName } from './needs.js';
import { reportTemplate } from './report-template.js';
import type { Source } from './source.js';

export interface ReportsContext {
  readonly db: Database;
  readonly graph: MapGraph;
  readonly clock: Clock;
  /** In force at an instant. */
  readonly policies: (on: Queryable, at: Instant) => Promise<PoliciesByKind>;
  /** Where the installation's own `reports/` folder is, if it has one. */
  readonly folder?: string | undefined;
}

/** The policies in force at the instant that is asked for. */
export async function sourceAt(
  { db, graph, clock, policies }: ReportsContext,
  asOf: string | undefined,
): Promise<Source> {
  const at = asOf === undefined ? clock.now() : readAsOf(asOf);
  return { policies: await policies(db, at), graph, asOf: at };
}

/** Of a report, and of its section about itself. */
export const templatesOf = async ({ folder }: ReportsContext, name: ReportName, language: Language) => ({
  template: await reportTemplate(name, language, folder),
  about: await reportTemplate('about', language, folder),
});

/** @throws LetheError `input_invalid` */
export function readAsOf(text: string): Instant {
  const at = parseInstant(text) ?? startOfDayIn(text, 'UTC');
  if (at !== null) return at;
  const reason = `"${text}" is no instant; write a day such as 2026-11-21, or 2026-11-21T10:00:00Z`;
  throw new LetheError('input_invalid', { what: 'asOf', reason });
}

/** @throws LetheError `input_invalid` */
export function known<T extends string>(what: string, value: string, values: readonly T[]): T {
  const found = values.find((one) => one === value);
  if (found !== undefined) return found;
  throw new LetheError('input_invalid', { what, reason: `must be one of ${values.join(', ')}` });
}
