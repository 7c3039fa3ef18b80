import { Temporal } from 'temporal-polyfill';
import type { Period, PeriodStarts } from './period.js';

/** A period as a rule counts it. */
export interface CountedPeriod {
  readonly period: Period;
  readonly periodStarts: PeriodStarts;
  readonly timeZone: string;
}

/**
 * Whether, for every start there can ever be, the first falls due no earlier than the second. Where that cannot be shown the
 * answer is no: for another zone always, and for a period that no longer starts at the year's end.
 */
export function isNeverShorter(first: CountedPeriod, second: CountedPeriod): boolean {
  if (first.timeZone !== second.timeZone) return false;
  if (first.periodStarts === second.periodStarts)
    return isLonger(first.period, second.period, first.periodStarts);
  return (
    first.periodStarts === 'endOfYear' &&
    isLonger(first.period, second.period, 'event') &&
    !isDueAfterSkippedMidnight(first)
  );
}

/**
 * On the calendar's days alone: the same wall-clock time on the same day or a later one is never earlier, whatever the clock
 * does between (it never jumps by more than a day). Which day a sum is depends on month and day of the start, and the
 * calendar repeats after 400 years; up to the 28th nothing is clipped, so one such day stands for all of them.
 */
function isLonger(first: Period, second: Period, periodStarts: PeriodStarts): boolean {
  const [a, b] = [inMonths(first), inMonths(second)];
  if (a.months >= b.months && a.days >= b.days) return true;
  if (a.months <= b.months && a.days <= b.days) return false;
  for (let month = 0; month < 4800; month += periodStarts === 'event' ? 1 : 12)
    for (const day of periodStarts === 'event' ? [1, 28, 29, 30, 31] : [1])
      if (day <= daysOf(month) && sum(month, day, a) < sum(month, day, b)) return false;
  return true;
}

interface Length {
  readonly months: number;
  readonly days: number;
}

const inMonths = ({ years, months, weeks, days }: Period): Length => ({
  months: years * 12 + months,
  days: weeks * 7 + days,
});

/** Number of the day that lies so much after the day of the month; months are counted from the year 0. */
function sum(month: number, day: number, { months, days }: Length): number {
  const end = month + months;
  return firstOf(end) + Math.min(day, daysOf(end)) - 1 + days;
}

/** Number of the first day of a month. */
function firstOf(month: number): number {
  const year = Math.floor(month / 12);
  const before = year - 1;
  const leapDays = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
  const inYear = (BEFORE[month % 12] ?? 0) + (month % 12 > 1 && isLeap(year) ? 1 : 0);
  return year * 365 + leapDays + inYear;
}

const LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const BEFORE = LENGTHS.map((_, month) => LENGTHS.slice(0, month).reduce((total, days) => total + days, 0));

const daysOf = (month: number): number =>
  (LENGTHS[month % 12] ?? 31) + (month % 12 === 1 && isLeap(Math.floor(month / 12)) ? 1 : 0);

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

const FIRST_CHANGES = Temporal.Instant.from('1800-01-01T00:00:00Z');
const LAST_CHANGES = Temporal.Instant.from('2100-01-01T00:00:00Z');

/**
 * Whether a day on which such a period ends began with a jump of the clock out of the day before, as in Samoa and Greenland:
 * then a time late on the day before, which was skipped, falls after the beginning of the day.
 */
function isDueAfterSkippedMidnight({ period, timeZone }: CountedPeriod): boolean {
  const { months, days } = inMonths(period);
  return jumpedInto(timeZone).some((day) => {
    const counted = day.subtract({ days });
    return counted.day === 1 && counted.month === (months % 12) + 1;
  });
}

const JUMPED_INTO = new Map<string, readonly Temporal.PlainDate[]>();

/** The days of a zone that began with a jump out of the day before. */
function jumpedInto(timeZone: string): readonly Temporal.PlainDate[] {
  const known = JUMPED_INTO.get(timeZone) ?? [...changesOf(timeZone)].filter(isJumpIntoDay).map(dateOf);
  JUMPED_INTO.set(timeZone, known);
  return known;
}

const dateOf = (moment: Temporal.ZonedDateTime): Temporal.PlainDate => moment.toPlainDate();

function* changesOf(timeZone: string): Generator<Temporal.ZonedDateTime> {
  let change = FIRST_CHANGES.toZonedDateTimeISO(timeZone).getTimeZoneTransition('next');
  while (change !== null && Temporal.Instant.compare(change.toInstant(), LAST_CHANGES) < 0) {
    yield change;
    change = change.getTimeZoneTransition('next');
  }
}

function isJumpIntoDay(change: Temporal.ZonedDateTime): boolean {
  const before = change.subtract({ microseconds: 1 });
  const skipped = change.offsetNanoseconds > before.offsetNanoseconds;
  const jumpedFrom = before.toPlainDateTime().add({ microseconds: 1 });
  return skipped && !dateOf(change).equals(jumpedFrom.toPlainDate());
}
