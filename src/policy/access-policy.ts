import { didYouMean } from '../core/did-you-mean.js';
import type { Problem } from '../core/errors.js';
import type { MapGraph, MapTable } from '../datamap/graph.js';
import { accessSchema, type AccessEntry } from './access-schema.js';
import { categoriesOf, isWithin } from './categories.js';
import { checkedEntry, type PolicyFile, type PolicyText, type Report } from './checked-entry.js';
import type { Condition } from './condition.js';
import { readCondition } from './read-condition.js';

/** A checked access policy: every name resolved against the data map. */
export interface AccessPolicy extends PolicyText<'access', AccessEntry> {
  readonly table: MapTable;
  /** Null: every record of the table. */
  readonly condition: Condition | null;
}

/** Conditions of access count calendar units in UTC: whoever asks, wherever they are, gets one answer. */
const ZONE = 'UTC';

/** Reads an access policy against the map. Findings go to `problems`; the result is null when there was one. */
export function readAccessPolicy(
  graph: MapGraph,
  file: PolicyFile,
  problems: Problem[],
): AccessPolicy | null {
  let condition: Condition | null = null;
  const checked = checkedEntry(accessSchema, file, problems, (entry, report) => {
    const table = graph.records.get(entry.record);
    if (!table) {
      const known = [...graph.records.keys()];
      report(
        'record',
        `the data map "${graph.id}" has no record "${entry.record}"${didYouMean(entry.record, known)}`,
      );
      return;
    }
    if (entry.when !== undefined)
      condition = readCondition({ table, timeZone: ZONE, report }, entry.when, 'when');
    checkColumns(graph, table, entry, report);
  });
  const table = checked && graph.records.get(checked.entry.record);
  return checked && table ? { ...checked, table, condition } : null;
}

function checkColumns(graph: MapGraph, table: MapTable, entry: AccessEntry, report: Report): void {
  const columns = [...table.columns.keys()];
  for (const name of Object.keys(entry.masks ?? {}))
    if (!columns.includes(name))
      report(`masks.${name}`, `record "${entry.record}" has no column "${name}"${didYouMean(name, columns)}`);
  const known = categoriesOf(graph);
  for (const [at, name] of (entry.categories ?? []).entries())
    if (!known.some((category) => isWithin(category, name)))
      report(
        `categories[${at}]`,
        `no column of the data map has the category "${name}"${didYouMean(name, known)}`,
      );
}
