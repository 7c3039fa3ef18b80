import { closest, distance } from 'fastest-levenshtein';

/** ` (did you mean "closedAt"?)` when a known name is near enough, else the known names when there are few. */
export function didYouMean(name: string, known: readonly string[]): string {
  if (known.length === 0) return '';
  const squash = (text: string): string => text.replace(/[^a-z0-9]/gi, '').toLowerCase();
  const same = known.find((other) => squash(other) === squash(name));
  const nearest = same ?? closest(name, [...known]);
  if (same ?? distance(name.toLowerCase(), nearest.toLowerCase()) <= Math.max(2, Math.floor(name.length / 3)))
    return ` (did you mean "${nearest}"?)`;
  return known.length <= 12 ? ` (known: ${known.join(', ')})` : '';
}
