import { Temporal } from 'temporal-polyfill';
import { fromZoned, toZoned, type Instant } from './instant.js';

/** Times of day (`22:00`) between which batches may run, by the clock of a zone; `to` at or before `from` is on the next day. */
export interface Window {
  readonly from: string;
  readonly to: string;
  readonly timeZone: string;
}

/**
 * Null inside the window, else when it opens next. Where clocks change, it opens at the later reading of its time and closes at
 * the earlier one: nothing runs when one of them says that it is day.
 */
export function opensAt(window: Window, now: Instant): Instant | null {
  const today = toZoned(now, window.timeZone).toPlainDate();
  const nights = [-1, 0, 1, 2].map((days) => night(window, today.add({ days })));
  if (nights.some(({ opens, closes }) => opens <= now && now < closes)) return null;
  const next = nights.find(({ opens, closes }) => opens > now && opens < closes);
  // a window that a change of the clocks swallows whole opens a day later
  return (next ?? night(window, today.add({ days: 3 }))).opens;
}

function night({ from, to, timeZone }: Window, day: Temporal.PlainDate): { opens: Instant; closes: Instant } {
  const end = to > from ? day : day.add({ days: 1 });
  const at = (date: Temporal.PlainDate, time: string, disambiguation: 'earlier' | 'later'): Instant =>
    fromZoned(
      date.toPlainDateTime(Temporal.PlainTime.from(time)).toZonedDateTime(timeZone, { disambiguation }),
    );
  return { opens: at(day, from, 'later'), closes: at(end, to, 'earlier') };
}
