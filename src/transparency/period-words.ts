import type { Period } from '../core/period.js';
import type { Words } from './words.js';

const UNITS = ['years', 'months', 'weeks', 'days'] as const;

/** `three years and six months`, `90 days` */
export function periodWords(words: Words, period: Period): string {
  const parts = UNITS.filter((unit) => period[unit] > 0).map((unit) => {
    const { one, many } = words.units[unit];
    return period[unit] === 1 ? one : many.replace('{n}', numberWord(words, period[unit]));
  });
  const last = parts.pop() ?? '';
  return parts.length === 0 ? last : `${parts.join(', ')}${words.and}${last}`;
}

/** Words from two on, as far as the language's list goes; figures beyond. */
const numberWord = ({ numbers }: Words, value: number): string => numbers[value - 2] ?? String(value);

/** `three years from the end of the year in which the ticket was closed`; the start is a clause. */
export function keptWords(
  words: Words,
  { period, periodStarts }: { readonly period: Period; readonly periodStarts: 'event' | 'endOfYear' },
  start: string,
): string {
  const length = periodWords(words, period);
  return words.periods[periodStarts].replace('{period}', () => length).replace('{start}', () => start);
}
