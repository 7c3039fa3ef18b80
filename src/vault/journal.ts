import { canonicalJson } from '../core/canonical-json.js';
import type { Act } from './act.js';
import { checkedText, withCheck } from './checked-line.js';

/** One line of the journal, which is only ever appended to. */
export type JournalRecord =
  | { readonly is: 'intent'; readonly act: Act }
  /** It committed. */
  | { readonly is: 'done'; readonly id: string }
  /** It never committed: known by looking at the database while nobody was in the middle of an act. */
  | { readonly is: 'void'; readonly id: string }
  /** It was done again after a restore; this ledger entry stands for it as well. */
  | { readonly is: 'moved'; readonly id: string; readonly entry: string };

/** An act as far as the journal knows it. */
export interface JournaledAct {
  readonly act: Act;
  readonly position: number;
  readonly state: 'open' | 'done' | 'void';
  /** Ledger entries any of which proves that the act is in the database. */
  readonly entries: readonly string[];
}

export interface JournalLine {
  readonly position: number;
  readonly line: string;
}

/** The record as a line with its check. */
export const writeLine = (record: JournalRecord): string => withCheck(canonicalJson(record));

/** Null for a line that was cut short: its writer was never told that it is stored. */
export function readLine(line: string): JournalRecord | 'damaged' | null {
  const checked = checkedText(line);
  return checked === null || checked === 'damaged' ? checked : (JSON.parse(checked.text) as JournalRecord);
}

/**
 * The acts of a stretch of the journal, in the order of their intents. What is said of an act whose intent lies before the
 * stretch is passed over: the stretch begins where everything before is settled.
 */
export function actsOf(
  records: readonly { readonly position: number; readonly record: JournalRecord }[],
): readonly JournaledAct[] {
  const acts = new Map<string, JournaledAct>();
  for (const { position, record } of records) {
    if (record.is === 'intent') {
      const { act } = record;
      acts.set(act.id, { act, position, state: 'open', entries: [act.id] });
      continue;
    }
    const known = acts.get(record.id);
    if (known) acts.set(record.id, advanced(known, record));
  }
  return [...acts.values()];
}

function advanced(known: JournaledAct, record: Exclude<JournalRecord, { is: 'intent' }>): JournaledAct {
  if (record.is === 'moved') return { ...known, entries: [...known.entries, record.entry] };
  return { ...known, state: record.is };
}
