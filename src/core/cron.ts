import { validateDetailed } from 'node-cron';
import { Temporal } from 'temporal-polyfill';
import { fromMicros, fromZoned, toMicros, toZoned, type Instant } from './instant.js';

/** A cron expression of five fields, read: which civil days, and which minutes of them. */
export interface Cron {
  /** Hours and minutes, both in order and once each. */
  readonly hours: readonly number[];
  readonly minutes: readonly number[];
  readonly months: ReadonlySet<number>;
  /** 1 to 31, and `L` for a month's last day. */
  readonly days: ReadonlySet<number | string>;
  /** 0 (Sunday) to 6, and `1#2` for the second Monday of a month. */
  readonly weekdays: ReadonlySet<number | string>;
}

export interface CronProblem {
  readonly problem: string;
}

const FIELDS = 'minute, hour, day of the month, month, weekday, as in "0 3 * * *"';
const TOKEN = /^(\d+|L|\d#[1-5])$/;
const EVERY_DAY = 31;
const EVERY_WEEKDAY = 7;

/** Reads five cron fields as node-cron reads them (names, lists, ranges, steps), or says why they are refused. */
export function parseCron(text: string): Cron | CronProblem {
  const fields = text.trim().split(/\s+/);
  if (fields.length !== 5) return { problem: `write five fields: ${FIELDS}; these are ${fields.length}` };
  const { errors, fields: read } = validateDetailed(fields.join(' '));
  if (!read) return { problem: `${errors.map(inWords).join('; ')}; the fields are ${FIELDS}` };
  const cron = {
    hours: inOrder(read.hour),
    minutes: inOrder(read.minute),
    months: new Set(read.month),
    days: new Set(read.dayOfMonth),
    weekdays: new Set(read.dayOfWeek),
  };
  const strange = [...cron.days, ...cron.weekdays].find((token) => !TOKEN.test(String(token)));
  if (strange !== undefined)
    return {
      problem: `"${strange}" is not understood; write numbers, names, lists, ranges, steps, "L" or "1#2"`,
    };
  // some programs run on days that match either field, others on days that match both
  if (cron.days.size < EVERY_DAY && cron.weekdays.size < EVERY_WEEKDAY)
    return {
      problem:
        'it restricts both day of the month and weekday, which programs read differently; leave one "*"',
    };
  return cron;
}

const inWords = ({ message }: { readonly message: string }): string =>
  message.replace('is a invalid expression for', 'is no valid');

const inOrder = (numbers: readonly number[]): readonly number[] =>
  [...new Set(numbers)].sort((a, b) => a - b);

/**
 * The slots after `after` up to and including `until`, in order, by the civil calendar of the zone: one in an hour that clocks
 * skip comes once, as much later as the clocks moved; one in an hour they repeat comes once, the first time.
 * (node-cron itself leaves out the former.) Throws RangeError for an unknown zone.
 */
export function slotsBetween(cron: Cron, zone: string, after: Instant, until: Instant): readonly Instant[] {
  if (after >= until) return [];
  const [first, last] = [toMicros(after), toMicros(until)];
  const slots = new Set<bigint>();
  // a skipped time can be moved into another day
  const end = toZoned(until, zone).toPlainDate().add({ days: 1 });
  let day = toZoned(after, zone).toPlainDate().subtract({ days: 2 });
  for (; Temporal.PlainDate.compare(day, end) <= 0; day = day.add({ days: 1 }))
    if (isDay(cron, day))
      for (const slot of slotsOn(cron, zone, day)) if (slot > first && slot <= last) slots.add(slot);
  return [...slots].map(fromMicros).sort();
}

/** Days to look at for one slot, from a cron that comes often to one for 29 February. */
const REACHES = [2, 40, 400, 9 * 366];

/** The latest slot after `after`, up to and including `until`; null when there is none. */
export function lastSlot(cron: Cron, zone: string, after: Instant, until: Instant): Instant | null {
  for (const days of REACHES) {
    const from = daysFrom(until, zone, -days);
    const slot = slotsBetween(cron, zone, from > after ? from : after, until).at(-1);
    if (slot !== undefined) return slot;
    if (from <= after) break;
  }
  return null;
}

/** The first slot after `after`; null when there is none in nine years. */
export function nextSlot(cron: Cron, zone: string, after: Instant): Instant | null {
  for (const days of REACHES) {
    const [slot] = slotsBetween(cron, zone, after, daysFrom(after, zone, days));
    if (slot !== undefined) return slot;
  }
  return null;
}

const daysFrom = (instant: Instant, zone: string, days: number): Instant =>
  fromZoned(toZoned(instant, zone).add({ days }));

function isDay({ months, days, weekdays }: Cron, day: Temporal.PlainDate): boolean {
  const weekday = day.dayOfWeek % 7;
  return (
    months.has(day.month) &&
    (days.has(day.day) || (days.has('L') && day.day === day.daysInMonth)) &&
    (weekdays.has(weekday) || weekdays.has(`${weekday}#${Math.ceil(day.day / 7)}`))
  );
}

const DAY = 86_400_000_000n;
const MINUTE = 60_000_000n;

/** Microseconds since 1970. On a day without a change of the clocks they are counted from its beginning, which is much faster. */
function* slotsOn({ hours, minutes }: Cron, zone: string, day: Temporal.PlainDate): Generator<bigint> {
  const [start, end] = [day.toZonedDateTime(zone), day.add({ days: 1 }).toZonedDateTime(zone)];
  const midnight = micros(start);
  const isEven = start.offset === end.offset && micros(end) - midnight === DAY;
  for (const hour of hours)
    for (const minute of minutes)
      yield isEven
        ? midnight + BigInt(hour * 60 + minute) * MINUTE
        : micros(
            day.toPlainDateTime({ hour, minute }).toZonedDateTime(zone, { disambiguation: 'compatible' }),
          );
}

const micros = (moment: Temporal.ZonedDateTime): bigint => moment.epochNanoseconds / 1000n;
