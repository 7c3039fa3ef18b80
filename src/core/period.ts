import { Temporal } from 'temporal-polyfill';
import { fromZonedOrLatest, toZoned, type Instant } from './instant.js';

/** A length of time in calendar units. How long it is depends on where in the calendar it starts. */
export interface Period {
  readonly years: number;
  readonly months: number;
  readonly weeks: number;
  readonly days: number;
}

export interface PeriodProblem {
  readonly problem: string;
}

/** `event`: the period starts with the event. `endOfYear`: with the end of the civil year the event is in. */
export type PeriodStarts = 'event' | 'endOfYear';

const MOST_YEARS = 1000;
const PERIOD = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?$/;

const REFUSALS: readonly (readonly [RegExp, string])[] = [
  [/^[+-]|[PYMWD][+-]/, 'a retention period has no sign; write for example "P30D"'],
  [/[.,]/, 'a retention period has no fractions; write whole units, "P1Y6M" for a year and a half'],
  [/[THS]/, 'a retention period counts calendar units (years, months, weeks, days); write days, not hours'],
  [/^P$/, 'the period is empty; write for example "P3Y"'],
  [/^(?!P)/, 'a period starts with a capital P, as in "P3Y", "P1Y6M", "P2W" or "P30D"'],
  [/^P(\d+[YMWD])+$/, 'the units go in the order years, months, weeks, days, each at most once'],
];

/** Reads an ISO 8601 period of years, months, weeks and days, up to 1000 years, or says why it is refused. */
export function parsePeriod(text: string): Period | PeriodProblem {
  const parts = PERIOD.exec(text);
  if (parts === null || text === 'P') return { problem: whyRefused(text) };
  const [years = 0, months = 0, weeks = 0, days = 0] = parts.slice(1).map((digits) => Number(digits || 0));
  const period = { years, months, weeks, days };
  const length = years + months / 12 + (weeks * 7 + days) / 365;
  if (length === 0) return { problem: 'a period of nothing is no retention period; the shortest is "P1D"' };
  if (length > MOST_YEARS) return { problem: `a retention period is at most ${MOST_YEARS} years long` };
  return period;
}

/**
 * When what started at `start` falls due, by the civil calendar of the zone: the same wall-clock time, a month's end
 * clipped (29 Feb + P1Y = 28 Feb), a time that a clock change skips moved on, one it repeats taken the first time.
 * After the end of a year it is the first instant of a day. Past the year 9999: the last instant of that year.
 */
export function dueOf(start: Instant, period: Period, zone: string, periodStarts: PeriodStarts): Instant {
  return fromZonedOrLatest(dueMoment(toZoned(start, zone), period, periodStarts));
}

/** `dueOf` for calendar arithmetic inside core, with no upper end. */
export function dueMoment(
  start: Temporal.ZonedDateTime,
  period: Period,
  periodStarts: PeriodStarts,
): Temporal.ZonedDateTime {
  return periodStarts === 'event' ? start.add(period) : dueOfYear(start.year, period, start.timeZoneId);
}

/** When everything that started in a civil year falls due, if the period starts at the year's end. */
export function dueOfYear(year: number, period: Period, zone: string): Temporal.ZonedDateTime {
  return firstDayOf(year + 1)
    .add(period)
    .toZonedDateTime(zone);
}

export function firstDayOf(year: number): Temporal.PlainDate {
  return new Temporal.PlainDate(year, 1, 1);
}

function whyRefused(text: string): string {
  const known = REFUSALS.find(([sign]) => sign.test(text));
  return (
    known?.[1] ?? 'not a period; write years, months, weeks and days as in "P3Y", "P1Y6M", "P2W", "P30D"'
  );
}
