import { closest, distance } from 'fastest-levenshtein';

/** ` (did you mean "closedAt"?)` when a known name is near enough, else the known names when there are few. */
export function didYouMean(name: string, known: readonly string[]): string {
  return (
    nearest(name, known) || (known.length > 0 && known.length <= 12 ? ` (known: ${known.join(', ')})` : '')
  );
}

/** ` (did you mean "closedAt"?)`, or nothing when no known name is near enough. */
export function nearest(name: string, known: readonly string[]): string {
  if (known.length === 0) return '';
  const squash = (text: string): string => text.replace(/[^a-z0-9]/gi, '').toLowerCase();
  const same =
    known.find((other) => squash(other) === squash(name)) ??
    known.find((other) => squash(name).length > 2 && squash(other).startsWith(squash(name)));
  const near = same ?? closest(name, [...known]);
  const mistakes = name.length < 4 ? 1 : Math.max(2, Math.floor(name.length / 3));
  const isNear = same !== undefined || distance(name.toLowerCase(), near.toLowerCase()) <= mistakes;
  return isNear ? ` (did you mean "${near}"?)` : '';
}
