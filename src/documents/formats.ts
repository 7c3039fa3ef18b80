/** How a language writes values; what the filters of report templates are. Times are UTC, and say so. */
export function formatsOf(language: string) {
  const numbers = new Intl.NumberFormat(language);
  const dates = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' });
  const seconds = new Intl.DateTimeFormat(language, { timeStyle: 'medium', hourCycle: 'h23', timeZone: 'UTC' });
  const dayOf = (instant: unknown): string => dates.format(momentOf(instant));
  return {
    /** `12,345` */
    number: (value: unknown): string => numbers.format(Number(value)),
    /** `21 November 2026` */
    date: dayOf,
    /** `21 November 2026, 10:05:00 UTC`, with microseconds where there are some */
    instant: (value: unknown): string =>
      `${dayOf(value)}, ${seconds.format(momentOf(value))}${fractionOf(value)} UTC`,
  };
}

function momentOf(instant: unknown): Date {
  const moment = new Date(String(instant));
  if (Number.isNaN(moment.getTime())) throw new Error(`"${String(instant)}" is no instant`);
  return moment;
}

/** A Date holds milliseconds only, so the fraction is taken from the text. */
function fractionOf(instant: unknown): string {
  const digits = /\.(\d+)/.exec(String(instant))?.[1]?.replace(/0+$/, '') ?? '';
  return digits === '' ? '' : `.${digits}`;
}
