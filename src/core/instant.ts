import { Temporal } from 'temporal-polyfill';

declare const brand: unique symbol;

/**
 * A point in time as text, `YYYY-MM-DDTHH:MM:SS.ffffffZ`, years 0001 to 9999. A JS Date holds milliseconds
 * and PostgreSQL microseconds, so instants travel as text; of this form, text order is time order.
 */
export type Instant = string & { readonly [brand]: 'Instant' };

const EARLIEST = '0001-01-01T00:00:00.000000Z' as Instant;
const LATEST = '9999-12-31T23:59:59.999999Z' as Instant;

// Temporal reads more (annotations, basic format) and turns second 60 into 59; this lets through what we mean.
const DATE_TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:[0-5]\d(\.\d{1,6}0{0,3})?)?(Z|[+-]\d\d(:\d\d){0,2})$/i;
const DATE = /^\d{4}-\d\d-\d\d$/;

/**
 * Reads RFC 3339 and what PostgreSQL prints (`2026-11-21 00:00:00.1+00`, also `-00:36:45`). Anything else is null:
 * no offset, infinity, BC, a day that does not exist, years outside 0001 to 9999, digits below the microsecond.
 */
export function parseInstant(text: string): Instant | null {
  return DATE_TIME.test(text) ? orNull(() => fromNanos(Temporal.Instant.from(text).epochNanoseconds)) : null;
}

/** Microseconds since 1970-01-01T00:00:00Z; negative before. */
export function toMicros(instant: Instant): bigint {
  return Temporal.Instant.from(instant).epochNanoseconds / 1000n;
}

/** The instant so many microseconds after 1970. Throws RangeError outside the years 0001 to 9999. */
export function fromMicros(micros: bigint): Instant {
  return fromNanos(micros * 1000n);
}

export function compareInstants(a: Instant, b: Instant): -1 | 0 | 1 {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/**
 * The first instant of a civil day, for dates that people type; null if `date` is no `YYYY-MM-DD`.
 * A day the zone skipped begins when the next one does. Throws RangeError for an unknown zone.
 */
export function startOfDayIn(date: string, zone: string): Instant | null {
  const day = DATE.test(date) ? orNull(() => Temporal.PlainDate.from(date)) : null;
  const start = day?.toZonedDateTime(zone);
  return start === undefined ? null : orNull(() => fromZoned(start));
}

/** What a wall clock in the zone shows: `YYYY-MM-DD HH:MM:SS.ffffff`. Throws RangeError for an unknown zone. */
export function wallTime(instant: Instant, zone: string): string {
  return toZoned(instant, zone).toPlainDateTime().toString({ fractionalSecondDigits: 6 }).replace('T', ' ');
}

/** The instant with its zone, for calendar arithmetic inside core. Throws RangeError for an unknown zone. */
export function toZoned(instant: Instant, zone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.from(instant).toZonedDateTimeISO(zone);
}

/** Throws RangeError outside the years 0001 to 9999. */
export function fromZoned(moment: Temporal.ZonedDateTime): Instant {
  return fromNanos(moment.epochNanoseconds);
}

/** The same, with the last instant of the year 9999 standing for everything after it. */
export function fromZonedOrLatest(moment: Temporal.ZonedDateTime): Instant {
  return moment.epochNanoseconds > Temporal.Instant.from(LATEST).epochNanoseconds
    ? LATEST
    : fromZoned(moment);
}

/** An instant for people: `2022-12-31 22:59 UTC`; documents have it to the microsecond. */
export const shownInstant = (instant: string): string => `${instant.slice(0, 16).replace('T', ' ')} UTC`;

function fromNanos(nanos: bigint): Instant {
  const text = new Temporal.Instant(nanos).toString({ fractionalSecondDigits: 6 });
  // years of more digits are written with a sign, which sorts below '0'
  if (text < EARLIEST) throw new RangeError(`${text} is outside the years 0001 to 9999`);
  return text as Instant;
}

function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
