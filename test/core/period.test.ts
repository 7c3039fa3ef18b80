import { expect } from 'chai';
import { dueOf, parsePeriod, type PeriodStarts } from '../../src/core/period.js';
import { at, lasting } from './at.js';

describe('periods', () => {
  const readings = {
    P3Y: { years: 3, months: 0, weeks: 0, days: 0 },
    P1Y6M: { years: 1, months: 6, weeks: 0, days: 0 },
    P30D: { years: 0, months: 0, weeks: 0, days: 30 },
    P2W: { years: 0, months: 0, weeks: 2, days: 0 },
    P1Y2M3W4D: { years: 1, months: 2, weeks: 3, days: 4 },
    P0Y1M: { years: 0, months: 1, weeks: 0, days: 0 },
    P1000Y: { years: 1000, months: 0, weeks: 0, days: 0 },
  };
  for (const [text, period] of Object.entries(readings)) {
    it(`"${text}" is a period`, () => {
      expect(parsePeriod(text)).to.deep.equal(period);
    });
  }

  const refusals: readonly (readonly [string, RegExp])[] = [
    ['P36H', /write days, not hours/],
    ['PT36H', /write days, not hours/],
    ['P1DT12H', /write days, not hours/],
    ['P1.5Y', /no fractions/],
    ['P1,5Y', /no fractions/],
    ['-P1Y', /no sign/],
    ['+P1Y', /no sign/],
    ['P-1Y', /no sign/],
    ['P1Y-1M', /no sign/],
    ['P0D', /nothing/],
    ['P0Y0M0D', /nothing/],
    ['P', /empty/],
    ['', /capital P/],
    ['p3y', /capital P/],
    ['3 years', /capital P/],
    ['P6M1Y', /in the order/],
    ['P1Y1Y', /in the order/],
    ['P3', /not a period/],
    ['P3Y ', /not a period/],
    ['P1001Y', /at most 1000 years/],
    ['P1000Y1D', /at most 1000 years/],
    ['P12001M', /at most 1000 years/],
    [`P${'9'.repeat(400)}D`, /at most 1000 years/],
  ];
  for (const [text, reason] of refusals) {
    it(`"${text.slice(0, 20)}" is refused: ${reason.source}`, () => {
      expect(parsePeriod(text)).to.have.property('problem').that.matches(reason);
    });
  }
});

describe('due dates', () => {
  interface Known {
    rule: string;
    start: string;
    period: string;
    zone?: string;
    starts?: PeriodStarts;
    due: string;
  }
  const known: readonly Known[] = [
    {
      rule: '29 Feb 2024 + P1Y is due on 28 Feb 2025',
      start: '2024-02-29T12:00:00Z',
      period: 'P1Y',
      due: '2025-02-28T12:00:00.000000Z',
    },
    {
      rule: 'years and months are added before days, and the clip comes between',
      start: '2023-01-31T00:00:00Z',
      period: 'P1M1D',
      due: '2023-03-01T00:00:00.000000Z',
    },
    {
      rule: 'the wall clock shows the same time, whatever clock change lies between',
      start: '2026-01-15T10:00:00+01:00',
      period: 'P6M',
      zone: 'Europe/Berlin',
      due: '2026-07-15T08:00:00.000000Z',
    },
    {
      rule: 'a due time that the clock skips moves on by the gap',
      start: '2026-03-28T02:30:00+01:00',
      period: 'P1D',
      zone: 'Europe/Berlin',
      due: '2026-03-29T01:30:00.000000Z',
    },
    {
      rule: 'a due time that the clock shows twice is the first of the two',
      start: '2026-10-24T02:30:00+02:00',
      period: 'P1D',
      zone: 'Europe/Berlin',
      due: '2026-10-25T00:30:00.000000Z',
    },
    {
      rule: 'a due day that a zone skipped is the next one',
      start: '2011-12-29T12:00:00-10:00',
      period: 'P1D',
      zone: 'Pacific/Apia',
      due: '2011-12-30T22:00:00.000000Z',
    },
    {
      rule: 'microseconds are kept',
      start: '2023-11-21T00:00:00.000001Z',
      period: 'P3Y',
      due: '2026-11-21T00:00:00.000001Z',
    },
    {
      rule: "a period from the year's end starts with 1 January, in the zone",
      start: '2023-12-31T23:30:00+01:00',
      period: 'P3Y',
      zone: 'Europe/Berlin',
      starts: 'endOfYear',
      due: '2026-12-31T23:00:00.000000Z',
    },
    {
      rule: 'what is still the old year in UTC may be the new one in the zone',
      start: '2023-12-31T23:30:00Z',
      period: 'P3Y',
      zone: 'Europe/Berlin',
      starts: 'endOfYear',
      due: '2027-12-31T23:00:00.000000Z',
    },
    {
      rule: 'what falls due after the year 9999 stands at its last instant',
      start: '9500-01-01T00:00:00Z',
      period: 'P1000Y',
      due: '9999-12-31T23:59:59.999999Z',
    },
  ];
  for (const { rule, start, period, zone = 'UTC', starts = 'event', due } of known) {
    it(rule, () => {
      expect(dueOf(at(start), lasting(period), zone, starts)).to.equal(due);
    });
  }
});
