/** How a language writes values; what the filters of report templates are. Times are UTC, and say so. */
export function formatsOf(language: string) {
  const locale = language === 'en' ? 'en-GB' : language; // day before month, as in the rest of Europe
  const numbers = new Intl.NumberFormat(locale);
  const dates = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' });
  const times = new Intl.DateTimeFormat(locale, { timeStyle: 'medium', hourCycle: 'h23', timeZone: 'UTC' });
  const secondOf = (instant: unknown): string => `${dayOf(instant)}, ${times.format(momentOf(instant))}`;
  const dayOf = (instant: unknown): string => dates.format(momentOf(instant));
  return {
    /** `12,345` */
    number: (value: unknown): string => numbers.format(Number(value)),
    /** `21 November 2026` */
    date: dayOf,
    /** `21 November 2026, 10:05:07 UTC` */
    instant: (value: unknown): string => `${secondOf(value)} UTC`,
    /** `21 November 2026, 10:05:07.000001 UTC` */
    exact: (value: unknown): string => `${secondOf(value)}${fractionOf(value)} UTC`,
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
