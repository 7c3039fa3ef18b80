import { isNeverShorter } from '../core/longer-period.js';
import { parsePeriod } from '../core/period.js';

/** Does the first period (ISO 8601) end no later than the second, whenever both begin? False where one is no period. */
export function isNeverLonger(text: string, than: string): boolean {
  const [period, other] = [parsePeriod(text), parsePeriod(than)];
  if ('problem' in period || 'problem' in other) return false;
  const counted = { timeZone: 'UTC', periodStarts: 'event' } as const;
  return isNeverShorter({ ...counted, period: other }, { ...counted, period });
}
