import { Temporal } from 'temporal-polyfill';
import { LetheError } from './errors.js';
import { fromZoned, toZoned, type Instant } from './instant.js';
import { dueMoment, dueOfYear, firstDayOf, type Period, type PeriodStarts } from './period.js';

type Moment = Temporal.ZonedDateTime;

export interface RetentionQuestion {
  readonly asOf: Instant;
  readonly period: Period;
  readonly timeZone: string;
  readonly periodStarts: PeriodStarts;
}

/**
 * The latest instant such that no start at or before it is due after `asOf`, exact to the microsecond.
 *
 * Due dates do not follow the order of starts where a month's end is clipped or a clock changes: 28 Feb 2024 18:00
 * plus P1Y falls after 29 Feb 2024 12:00 plus P1Y. So this is not `asOf` minus the period: that is an hour early on some
 * days and leaves out 29 February on others. It never takes a record early, and at most about a day late.
 * Throws `input_invalid` if the cutoff lies before the year 0001 (which takes an `asOf` before the year 1002).
 */
export function cutoffOf(question: RetentionQuestion): Instant {
  const firstKept = question.periodStarts === 'event' ? firstKeptStart(question) : firstKeptYear(question);
  try {
    return fromZoned(justBefore(firstKept));
  } catch (cause) {
    const reason = 'the period before it reaches further back than the year 0001';
    throw new LetheError('input_invalid', { what: `as-of ${question.asOf}`, reason }, { cause });
  }
}

/** The earliest start that is due after `asOf`. */
function firstKeptStart({ asOf, period, timeZone }: RetentionQuestion): Moment {
  const now = toZoned(asOf, timeZone);
  return possibleFirsts(now, daysDueAround(now.toPlainDate(), period))
    .filter((start) => Temporal.ZonedDateTime.compare(dueMoment(start, period, 'event'), now) > 0)
    .reduce((a, b) => (Temporal.ZonedDateTime.compare(a, b) <= 0 ? a : b));
}

/** The start of the earliest civil year that is due after `asOf`. */
function firstKeptYear({ asOf, period, timeZone }: RetentionQuestion): Moment {
  const now = toZoned(asOf, timeZone);
  let year = now.toPlainDate().subtract(period).year + 1;
  while (Temporal.ZonedDateTime.compare(dueOfYear(year - 1, period, timeZone), now) > 0) year -= 1;
  return firstDayOf(year).toZonedDateTime(timeZone);
}

/**
 * The civil days whose starts fall due near `today`: everything before them is due, and the last is wholly kept. Two
 * days to either side, because a clock can jump a whole day (Samoa had no 30 December 2011). Date arithmetic keeps the
 * order of days, so they are one stretch: five or six days, a few more where the ends of months are clipped.
 */
function daysDueAround(today: Temporal.PlainDate, period: Period): Temporal.PlainDate[] {
  const first = startOfPeriodUpTo(today.subtract({ days: 2 }), period);
  const last = startOfPeriodUpTo(today.add({ days: 2 }), period).add({ days: 1 });
  return Array.from({ length: first.until(last).days + 1 }, (_, days) => first.add({ days }));
}

/** A day whose period ends by `end`, while that of the next day ends on `end` or later. */
function startOfPeriodUpTo(
  end: Temporal.PlainDate,
  { years, months, weeks, days }: Period,
): Temporal.PlainDate {
  return end.subtract({ weeks, days }).subtract({ years, months }); // adding goes the other way round
}

/**
 * Every start that can be the first one due after `now`. Between clock changes, within one civil day, the due date
 * moves along with the start; so it passes `now` either by a jump (where a clock changes or a day begins) or by
 * reaching the next microsecond, and then the wall clock shows one of a few times. A time shown twice is due once,
 * so its first showing will do.
 */
function possibleFirsts(now: Moment, days: readonly Temporal.PlainDate[]): Moment[] {
  const timeZone = now.timeZoneId;
  const times = [new Temporal.PlainTime(), ...timesOfPassing(now.add({ microseconds: 1 }))];
  const starts = days.flatMap((day) =>
    times.map((plainTime) => day.toZonedDateTime({ timeZone, plainTime })),
  );
  const [first = now, last = now] = [starts[0], starts.at(-1)];
  return [...starts, ...clockChanges(first.subtract({ days: 2 }), last.add({ days: 2 }))];
}

/** The wall-clock times at which a due date can reach `next`, or jump over it because a clock changes near it. */
function timesOfPassing(next: Moment): Temporal.PlainTime[] {
  const changes = clockChanges(next.subtract({ days: 2 }), next.add({ days: 2 }));
  const moments = [next, ...changes];
  const offsets = new Set(
    [...moments, ...changes.map(justBefore)].map(({ offsetNanoseconds }) => offsetNanoseconds),
  );
  return moments.flatMap((moment) => [...offsets].map((offset) => timeAtOffset(moment, offset)));
}

function clockChanges(from: Moment, to: Moment): Moment[] {
  const changes: Moment[] = [];
  let change = from.getTimeZoneTransition('next');
  while (change !== null && Temporal.ZonedDateTime.compare(change, to) <= 0) {
    changes.push(change);
    change = change.getTimeZoneTransition('next');
  }
  return changes;
}

function justBefore(moment: Moment): Moment {
  return moment.subtract({ microseconds: 1 });
}

/** Offsets of old local times have seconds, which Temporal takes in no zone name; hence by hand. */
function timeAtOffset(moment: Moment, offsetNanos: number): Temporal.PlainTime {
  const shifted = new Temporal.Instant(moment.epochNanoseconds + BigInt(offsetNanos));
  return shifted.toZonedDateTimeISO('UTC').toPlainTime();
}
