import { LetheError } from '../core/errors.js';
import { fromMicros, parseInstant, startOfDayIn, toMicros, type Instant } from '../core/instant.js';

const DAY = 86_400_000_000n;

/** The instant so many days later; earlier where negative. */
export const daysAfter = (instant: Instant, days: number): Instant =>
  fromMicros(toMicros(instant) + BigInt(days) * DAY);

/**
 * Reads an instant, or a day, which begins in UTC; null where nothing is given.
 * @throws LetheError `input_invalid`
 */
export function givenMoment(what: string, text: string | undefined): Instant | null {
  if (text === undefined) return null;
  const read = startOfDayIn(text, 'UTC') ?? parseInstant(text);
  if (read === null)
    throw new LetheError('input_invalid', { what, reason: 'write it as 2027-01-31 or 2027-01-31T12:00:00Z' });
  return read;
}

/**
 * Words that have to be there: a reason, a finding.
 * @throws LetheError `input_invalid`
 */
export function givenWords(what: string, text: string, reason: string): string {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.includes('\0')) throw new LetheError('input_invalid', { what, reason });
  return trimmed;
}

const ACTOR = /^[a-z][a-z-]*\/[^\0/]{1,200}$/;

/**
 * An actor of the ticket system, as its calls name it.
 * @throws LetheError `input_invalid`
 */
export function givenActor(text: string): string {
  if (!ACTOR.test(text))
    throw new LetheError('input_invalid', { what: 'actor', reason: 'write it like agent/7' });
  return text;
}
