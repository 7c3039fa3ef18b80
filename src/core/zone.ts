import { Temporal } from 'temporal-polyfill';

const ANY_INSTANT = new Temporal.Instant(0n);

/**
 * Is this an IANA time zone name (or `UTC`), in any letter case? Offsets are refused: `+01:00` has no rules,
 * so a period counted in it would not follow the civil calendar of any place.
 */
export function isTimeZone(name: string): boolean {
  // The library also takes offsets, and ICU has zones of its own, which no database knows
  if (!/^[a-z]/i.test(name) || /^systemv\//i.test(name)) return false;
  try {
    ANY_INSTANT.toZonedDateTimeISO(name);
    return true;
  } catch {
    return false;
  }
}
