import { didYouMean } from '../core/did-you-mean.js';
import type { Problem } from '../core/errors.js';
import type { MapGraph } from '../datamap/graph.js';
import { checkedEntry, type PolicyFile, type PolicyText } from './checked-entry.js';
import { intakeSchema, type IntakeEntry } from './intake-schema.js';

export type IntakePolicy = PolicyText<'intake', IntakeEntry>;

/** Reads an intake policy against the map. Findings go to `problems`; the result is null when there was one. */
export const readIntakePolicy = (
  graph: MapGraph,
  file: PolicyFile,
  problems: Problem[],
): IntakePolicy | null =>
  checkedEntry(intakeSchema, file, problems, (entry, report) => {
    const known = [...graph.records].flatMap(([record, { columns }]) =>
      [...columns.keys()].map((column) => `${record}.${column}`),
    );
    for (const name of Object.keys(entry.fields))
      if (!known.includes(name))
        report(`fields.${name}`, `the data map has no column "${name}"${didYouMean(name, known)}`);
  });
