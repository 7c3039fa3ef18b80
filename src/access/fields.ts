import type { MapColumn } from '../datamap/graph.js';
import type { AccessEntry } from '../policy/access-schema.js';
import { isWithin } from '../policy/categories.js';
import { isSpecial } from '../policy/special-categories.js';
import type { Candidate, Candidates } from './decide-access.js';
import { leastMasked, type Showing } from './masks.js';

/**
 * What one matching policy shows of a column; null: nothing. What has no category is nobody's data and is shown with the record;
 * personal data only if the policy lists its category, special categories only on a ground of Art. 9(2) besides.
 */
export function showingOf({ policy, special }: Candidate, column: MapColumn): Showing | null {
  const { category } = column;
  if (category !== null && !lists(policy.entry, category)) return null;
  if (category !== null && isSpecial(category) && !special) return null;
  return policy.entry.masks?.[column.id] ?? 'shown';
}

const lists = ({ categories = [] }: AccessEntry, category: string): boolean =>
  categories.some((name) => isWithin(category, name));

/** What several policies that match one row show of a column together. */
export const showingOfAll = (matching: readonly Candidate[], column: MapColumn): Showing | null =>
  leastMasked(matching.flatMap((candidate) => showingOf(candidate, column) ?? []));

/** Is the column shown in full on every row that any of the candidates matches? Only then may rows be ordered or told apart by it. */
export const isAlwaysShown = ({ of }: Candidates, column: MapColumn): boolean =>
  of.every((candidate) => showingOf(candidate, column) === 'shown');

/** The candidates that show the column in full: what may be searched in it is what one of them matches. */
export const showingInFull = ({ of }: Candidates, column: MapColumn): readonly Candidate[] =>
  of.filter((candidate) => showingOf(candidate, column) === 'shown');
