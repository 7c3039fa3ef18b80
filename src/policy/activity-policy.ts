import { didYouMean } from '../core/did-you-mean.js';
import type { Problem } from '../core/errors.js';
import type { MapGraph } from '../datamap/graph.js';
import { recordName } from './activity-data.js';
import { activitySchema, type ActivityEntry } from './activity-schema.js';
import { categoriesOf, isWithin } from './categories.js';
import { checkedEntry, type PolicyFile, type PolicyText, type Report } from './checked-entry.js';

export type ActivityPolicy = PolicyText<'activity', ActivityEntry>;

/** Reads an activity's file against the map. Findings go to `problems`; the result is null when there was one. */
export const readActivityPolicy = (
  graph: MapGraph,
  file: PolicyFile,
  problems: Problem[],
): ActivityPolicy | null =>
  checkedEntry(activitySchema, file, problems, (entry, report) => {
    checkPurposes(entry, report);
    checkData(graph, entry, report);
    checkTransfers(entry, report);
  });

function checkPurposes({ purposes }: ActivityEntry, report: Report): void {
  for (const [at, { purpose, basis, interest, law }] of purposes.entries()) {
    const path = `purposes[${at}]`;
    if (purposes.findIndex((other) => other.purpose === purpose) < at)
      report(`${path}.purpose`, `"${purpose}" has a basis already; a purpose has one (GDPR Art. 6(1))`);
    if (basis.startsWith('eu-gdpr:A6-1-f') && !interest)
      report(`${path}.interest`, 'is missing; say the legitimate interest (GDPR Art. 13(1)(d))');
    if (/A6-1-[ce]/.test(basis) && law === undefined)
      report(`${path}.law`, 'is missing; name the provision (GDPR Art. 6(3))');
  }
}

function checkData(graph: MapGraph, { categories, records = [] }: ActivityEntry, report: Report): void {
  const known = categoriesOf(graph);
  const names = [...graph.tables.values()].map(recordName);
  for (const [at, name] of categories.entries())
    if (!known.some((category) => isWithin(category, name)))
      report(
        `categories[${at}]`,
        `no column of the data map has the category "${name}"${didYouMean(name, known)}`,
      );
  for (const [at, name] of records.entries())
    if (!names.includes(name))
      report(
        `records[${at}]`,
        `the data map "${graph.id}" has no record "${name}"${didYouMean(name, names)}`,
      );
}

function checkTransfers({ transfers, recipients }: ActivityEntry, report: Report): void {
  const known = recipients.map(({ id }) => id);
  for (const [at, { recipient }] of transfers.entries())
    if (!known.includes(recipient))
      report(
        `transfers[${at}].recipient`,
        `no recipient of the activity has the id "${recipient}"${didYouMean(recipient, known)}`,
      );
}
