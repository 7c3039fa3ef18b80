import { expect } from 'chai';
import fc from 'fast-check';
import { fromMicros, toMicros } from '../../src/core/instant.js';
import { isNeverShorter, type CountedPeriod } from '../../src/core/longer-period.js';
import { dueOf, parsePeriod, type Period } from '../../src/core/period.js';
import { at } from './at.js';

const period = (text: string): Period => {
  const read = parsePeriod(text);
  if ('problem' in read) throw new Error(read.problem);
  return read;
};
const counted = (text: string, changes: Partial<CountedPeriod> = {}): CountedPeriod => ({
  ...{ period: period(text), periodStarts: 'event', timeZone: 'Europe/Berlin' },
  ...changes,
});

/** First, second, whether the first is never shorter. */
const CASES: readonly (readonly [string, string, boolean])[] = [
  ['P3Y', 'P2Y', true],
  ['P2Y', 'P3Y', false],
  ['P1Y', 'P12M', true],
  ['P12M', 'P1Y', true],
  ['P1Y', 'P365D', true],
  ['P1Y', 'P366D', false],
  ['P365D', 'P1Y', false],
  ['P366D', 'P1Y', true],
  ['P1M', 'P28D', true],
  ['P1M', 'P29D', false],
  ['P30D', 'P1M', false],
  ['P31D', 'P1M', true],
  ['P1M1D', 'P1M', true],
  ['P4Y', 'P1461D', false], // 1900 was no leap year
  ['P4Y', 'P1460D', true],
  ['P1W', 'P7D', true],
];

describe('a period that is never shorter than another', () => {
  it('is one whose every due date is as late or later, whatever months and leap years lie between', () => {
    for (const [first, second, is] of CASES)
      expect(isNeverShorter(counted(first), counted(second)), `${first} ≥ ${second}`).to.equal(is);
  });

  it('is one that begins only when the year is over, and not the other way round', () => {
    const [late, soon] = [counted('P3Y', { periodStarts: 'endOfYear' }), counted('P3Y')];
    expect(isNeverShorter(late, soon)).to.equal(true);
    expect(isNeverShorter(soon, late)).to.equal(false);
    expect(isNeverShorter({ ...late, period: period('P2Y') }, soon)).to.equal(false);
    // from the year's end only whole years after the first of January count
    expect(isNeverShorter(late, { ...late, period: period('P1095D') })).to.equal(true);
  });

  it('is none where a clock skipped the end of the day before: Samoa had no 30 December 2011', () => {
    const samoa = { timeZone: 'Pacific/Apia' };
    const late = counted('P2Y11M30D', { ...samoa, periodStarts: 'endOfYear' });
    expect(isNeverShorter(late, counted('P2Y11M30D', samoa))).to.equal(false);
    const start = at('2008-12-31T20:00:00Z'); // ten in the morning of the last day but one there
    expect(dueOf(start, late.period, 'Pacific/Apia', 'event') > at('2011-12-30T00:00:00Z')).to.equal(true);
  });

  it('is none in another time zone', () => {
    expect(isNeverShorter(counted('P9Y', { timeZone: 'UTC' }), counted('P1Y'))).to.equal(false);
  });

  it('never lets a start fall due earlier, in random pairs, zones and starts', () => {
    const unit = fc.constantFrom(0, 0, 1, 2, 11, 12, 13, 28, 30, 31, 365, 366);
    const length = fc
      .record({ years: fc.constantFrom(0, 1, 4), months: unit, weeks: fc.constantFrom(0, 1), days: unit })
      .filter(({ years, months, weeks, days }) => years + months + weeks + days > 0);
    const any = fc.record({
      zone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/Nuuk', 'Pacific/Apia', 'America/St_Johns'),
      first: length,
      second: length,
      starts: fc.constantFrom(
        ...([
          ['event', 'event'],
          ['endOfYear', 'event'],
          ['endOfYear', 'endOfYear'],
        ] as const),
      ),
      // days around the ends of months and around clock changes, at any time of the day
      day: fc.constantFrom(
        '2008-12-31',
        '2010-12-29',
        '2020-02-28',
        '2020-02-29',
        '2021-01-31',
        '2023-12-31',
        '2024-03-30',
      ),
      micros: fc.bigInt(0n, 86_400_000_000n - 1n),
    });
    let shown = 0;
    fc.assert(
      fc.property(any, ({ zone, first, second, starts, day, micros }) => {
        const [a, b] = [first, second].map((length, index) => ({
          ...{ period: length, timeZone: zone, periodStarts: starts[index] ?? 'event' },
        })) as [CountedPeriod, CountedPeriod];
        if (!isNeverShorter(a, b)) return;
        shown += 1;
        const start = fromMicros(toMicros(at(`${day}T00:00:00Z`)) + micros);
        const due = ({ period: length, timeZone, periodStarts }: CountedPeriod) =>
          dueOf(start, length, timeZone, periodStarts);
        expect(due(a) >= due(b)).to.equal(true);
      }),
      { seed: 20260401, numRuns: 1500 },
    );
    expect(shown).to.be.greaterThan(200);
  });
});
