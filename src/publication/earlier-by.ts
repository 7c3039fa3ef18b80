import type { Period } from '../core/period.js';
import type { RetentionPolicy } from '../policy/retention-policy.js';

/** By how much records fall due earlier, in words: `1 year and 2 months earlier`. */
export function earlierBy({ period: was }: RetentionPolicy, { period: is }: RetentionPolicy): string {
  const months = inMonths(was) - inMonths(is);
  const days = inDays(was) - inDays(is);
  if (months < 0 || days < 0 || months + days === 0) return 'earlier, at least some';
  const parts = [
    amount(Math.floor(months / 12), 'year'),
    amount(months % 12, 'month'),
    amount(days, 'day'),
  ].flat();
  return `${parts.join(' and ')} earlier`;
}

const inMonths = ({ years, months }: Period): number => years * 12 + months;
const inDays = ({ weeks, days }: Period): number => weeks * 7 + days;

const amount = (value: number, unit: string): readonly string[] =>
  value === 0 ? [] : [`${value} ${unit}${value === 1 ? '' : 's'}`];
