import { expect } from 'chai';
import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { cutoffOf, type RetentionQuestion } from '../../src/core/cutoff.js';
import { LetheError } from '../../src/core/errors.js';
import { fromMicros, toMicros, type Instant } from '../../src/core/instant.js';
import { dueOf, type Period, type PeriodStarts } from '../../src/core/period.js';
import { at, lasting } from './at.js';

/** The short form is the same every time; the long one looks elsewhere each time. */
function runs(short: number, long: number): { numRuns: number; seed?: number } {
  return process.env['LETHE_SOAK'] === undefined ? { numRuns: short, seed: 20261121 } : { numRuns: long };
}

const MINUTE = 60_000_000n;
const DAY = 1440n * MINUTE;

/** Zones that do something unusual, with an instant near which they do it. */
const ZONES: readonly (readonly [string, string])[] = [
  ['UTC', '2024-02-29T00:00:00Z'],
  ['Europe/Berlin', '2026-03-29T01:00:00Z'],
  ['Europe/Berlin', '2026-10-25T01:00:00Z'],
  ['Australia/Lord_Howe', '2026-04-04T15:00:00Z'], // half an hour back
  ['Australia/Lord_Howe', '2026-10-03T15:30:00Z'],
  ['America/St_Johns', '2010-03-14T03:31:00Z'], // at 00:01
  ['America/St_Johns', '2010-11-07T02:31:00Z'], // at 00:01 back to the day before
  ['America/Havana', '2026-03-08T05:00:00Z'], // no midnight
  ['America/Havana', '2026-11-01T05:00:00Z'], // 01:00 back to midnight
  ['Asia/Beirut', '2026-03-28T22:00:00Z'], // no midnight
  ['Asia/Beirut', '2026-10-24T21:00:00Z'], // midnight back to the day before
  ['America/Sao_Paulo', '2017-10-15T03:00:00Z'], // no midnight
  ['America/Sao_Paulo', '2018-02-18T02:00:00Z'], // midnight back to the day before
  ['Africa/Casablanca', '2026-02-15T02:00:00Z'], // back for Ramadan
  ['Africa/Casablanca', '2026-03-22T02:00:00Z'],
  ['Pacific/Apia', '2011-12-30T10:00:00Z'], // no 30 December
  ['Pacific/Kiritimati', '1994-12-31T10:00:00Z'], // no 31 December: the end of a year
  ['Pacific/Kwajalein', '1969-09-30T13:00:00Z'], // 23 hours back
  ['Pacific/Kwajalein', '1993-08-21T12:00:00Z'], // no 21 August
  ['America/Juneau', '1867-10-18T23:57:41Z'], // a day twice, and offsets with seconds
  ['Africa/Monrovia', '1972-01-07T00:44:30Z'], // 44 and a half minutes
  ['Asia/Kathmandu', '1985-12-31T18:30:00Z'], // a gap at the start of a year
  ['Europe/Lisbon', '1912-01-01T00:00:00Z'], // a clock change at the start of a year
];

const anyPeriod = fc.oneof(
  fc
    .constantFrom(
      'P1D',
      'P1W',
      'P30D',
      'P1M',
      'P3M',
      'P6M',
      'P1Y',
      'P2Y',
      'P3Y',
      'P4Y',
      'P10Y',
      'P1M1D',
      'P1M30D',
    )
    .map(lasting),
  fc.record({ years: fc.nat(12), months: fc.nat(30), weeks: fc.nat(5), days: fc.nat(400) }).filter(isLonger),
);

function isLonger({ years, months, weeks, days }: Period): boolean {
  return years + months + weeks + days > 0;
}

/** Minutes fall inside the hours that clocks skip or repeat, days around them; single microseconds meet their edges. */
const anyShift = fc
  .tuple(
    fc.oneof(
      fc.integer({ min: -100, max: 100 }),
      fc.integer({ min: -60, max: 60 }).map((hours) => hours * 60),
    ),
    fc.integer({ min: -2, max: 2 }),
  )
  .map(([minutes, micros]) => BigInt(minutes) * MINUTE + BigInt(micros));

const anyYear = fc.integer({ min: 1900, max: 2100 });
const anyMonthEnd = fc
  .tuple(anyYear, fc.integer({ min: 1, max: 12 }))
  .map(([year, month]) => BigInt(Date.UTC(year, month, 1)) * 1000n);

/** As-of near a clock change, near the due date of what starts near one, or near the end of a month. */
function questions(periodStarts: PeriodStarts): fc.Arbitrary<RetentionQuestion> {
  return fc
    .tuple(
      fc.constantFrom(...ZONES),
      anyPeriod,
      anyShift,
      anyMonthEnd,
      fc.constantFrom('asOf', 'start', 'month'),
    )
    .map(([[timeZone, change], period, shift, monthEnd, near]) => {
      const asOf = {
        asOf: () => toMicros(at(change)),
        start: () => toMicros(dueOf(at(change), period, timeZone, periodStarts)),
        month: () => monthEnd,
      }[near]();
      return { asOf: fromMicros(asOf + shift), period, timeZone, periodStarts };
    });
}

/** Starts in the days before the cutoff, at every half hour and as far into it as as-of and the cutoff are. */
function startsBefore(cutoff: bigint, asOf: bigint): bigint[] {
  const step = 30n * MINUTE;
  const shifts = [0n, asOf % step, cutoff % step].flatMap((shift) => [shift - 1n, shift]);
  return Array.from({ length: 48 * 4 }, (_, i) => (cutoff / step - BigInt(i)) * step)
    .flatMap((half) => shifts.map((shift) => half + shift))
    .filter((start) => start <= cutoff);
}

function assertIsCutoff(question: RetentionQuestion, cutoff: Instant): void {
  const { asOf, period, timeZone, periodStarts } = question;
  const due = (micros: bigint) => dueOf(fromMicros(micros), period, timeZone, periodStarts);
  const last = toMicros(cutoff);
  expect(due(last) <= asOf, `${cutoff} is due`).to.equal(true);
  expect(due(last + 1n) > asOf, `the microsecond after ${cutoff} is kept`).to.equal(true);
  const early = startsBefore(last, toMicros(asOf)).filter((start) => due(start) > asOf);
  expect(early.map(fromMicros), `starts before ${cutoff} that are not due`).to.deep.equal([]);
}

/** What people write at first: as-of minus the period. */
function subtracted({ asOf, period, timeZone }: RetentionQuestion): Instant {
  return at(Temporal.Instant.from(asOf).toZonedDateTimeISO(timeZone).subtract(period).toInstant().toString());
}

function ask(
  asOf: string,
  period: string,
  timeZone = 'UTC',
  periodStarts: PeriodStarts = 'event',
): RetentionQuestion {
  return { asOf: at(asOf), period: lasting(period), timeZone, periodStarts };
}

describe('the cutoff', () => {
  it('no start at or before the cutoff is due later, and the next microsecond is (from the event)', () => {
    fc.assert(
      fc.property(questions('event'), (question) => {
        assertIsCutoff(question, cutoffOf(question));
      }),
      runs(120, 5_000),
    );
  });

  it("no start at or before the cutoff is due later, and the next microsecond is (from the year's end)", () => {
    fc.assert(
      fc.property(questions('endOfYear'), (question) => {
        assertIsCutoff(question, cutoffOf(question));
      }),
      runs(50, 1_000),
    );
  });

  it('a cutoff never goes back as time passes', () => {
    fc.assert(
      fc.property(questions('event'), fc.bigInt({ min: 0n, max: 3n * DAY }), (question, later) => {
        const then = { ...question, asOf: fromMicros(toMicros(question.asOf) + later) };
        expect(cutoffOf(then) >= cutoffOf(question)).to.equal(true);
      }),
      runs(300, 5_000),
    );
  });

  const known: readonly (readonly [string, RetentionQuestion, string])[] = [
    ['P3Y in UTC is three years back', ask('2026-11-21T00:00:00Z', 'P3Y'), '2023-11-21T00:00:00.000000Z'],
    [
      'it is exact to the microsecond',
      ask('2026-11-21T00:00:00.000001Z', 'P3Y'),
      '2023-11-21T00:00:00.000001Z',
    ],
    [
      'at noon of 28 Feb 2025 the afternoon of 28 Feb 2024 is not due, so 29 Feb waits too',
      ask('2025-02-28T12:00:00Z', 'P1Y'),
      '2024-02-28T12:00:00.000000Z',
    ],
    [
      'at the end of 28 Feb 2025 all of 29 Feb 2024 is due',
      ask('2025-02-28T23:59:59.999999Z', 'P1Y'),
      '2024-02-29T23:59:59.999999Z',
    ],
    [
      'on 29 Feb 2024 all of 28 Feb 2023 is due and nothing of 1 March',
      ask('2024-02-29T12:00:00Z', 'P1Y'),
      '2023-02-28T23:59:59.999999Z',
    ],
    [
      'a start whose due time the clock skips waits for the time it is moved to',
      ask('2026-03-29T03:00:00+02:00', 'P1D', 'Europe/Berlin'),
      '2026-03-28T01:00:00.000000Z',
    ],
    [
      'starts in the hour a clock shows twice are due together with their first showing',
      ask('2026-10-26T02:59:59.999999+01:00', 'P1D', 'Europe/Berlin'),
      '2026-10-25T01:59:59.999999Z',
    ],
    [
      'what starts right after an hour that the clock skipped is not due within that hour of the day',
      ask('2026-03-30T02:30:00+02:00', 'P1D', 'Europe/Berlin'),
      '2026-03-29T00:59:59.999999Z',
    ],
    [
      'while the clock shows an hour again, nothing more falls due',
      ask('2026-10-25T02:30:00+01:00', 'P1D', 'Europe/Berlin'),
      '2026-10-24T00:59:59.999999Z',
    ],
    [
      'between the clipped end of a month and the next month nothing falls due',
      ask('2026-03-29T12:00:00Z', 'P1M'),
      '2026-02-28T23:59:59.999999Z',
    ],
    [
      'a day that a zone skipped as a due date is due with the next',
      ask('2011-12-31T11:59:59.999999+14:00', 'P1D', 'Pacific/Apia'),
      '2011-12-29T21:59:59.999999Z',
    ],
    [
      "from the year's end, a year is due as a whole on 1 January",
      ask('2027-01-01T00:00:00+01:00', 'P3Y', 'Europe/Berlin', 'endOfYear'),
      '2023-12-31T22:59:59.999999Z',
    ],
    [
      "from the year's end, a microsecond earlier nothing of that year is due",
      ask('2026-12-31T23:59:59.999999+01:00', 'P3Y', 'Europe/Berlin', 'endOfYear'),
      '2022-12-31T22:59:59.999999Z',
    ],
    ['a thousand years are counted', ask('2026-11-21T00:00:00Z', 'P1000Y'), '1026-11-21T00:00:00.000000Z'],
    ['it holds at the end of time', ask('9999-12-31T23:59:59.999999Z', 'P1D'), '9999-12-30T23:59:59.999999Z'],
  ];
  for (const [rule, question, cutoff] of known) {
    it(rule, () => {
      expect(cutoffOf(question)).to.equal(cutoff);
      if (question.asOf < '9999') assertIsCutoff(question, cutoffOf(question)); // at the end, no due date lies after as-of
    });
  }

  it('subtracting the period from as-of would take records an hour early when clocks go forward', () => {
    const question = ask('2026-03-29T03:00:00+02:00', 'P1D', 'Europe/Berlin');
    expect(toMicros(subtracted(question)) - toMicros(cutoffOf(question))).to.equal(60n * MINUTE);
    expect(() => {
      assertIsCutoff(question, subtracted(question));
    }).to.throw();
  });

  it('subtracting the period from as-of would leave out 29 February', () => {
    const question = ask('2025-02-28T23:59:59.999999Z', 'P1Y');
    expect(toMicros(cutoffOf(question)) - toMicros(subtracted(question))).to.equal(DAY);
  });

  it('a cutoff before the year 0001 is refused', () => {
    expect(() => cutoffOf(ask('0500-01-01T00:00:00Z', 'P600Y')))
      .to.throw(LetheError)
      .with.property('code', 'input_invalid');
  });
});
