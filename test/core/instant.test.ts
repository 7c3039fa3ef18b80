import { expect } from 'chai';
import fc from 'fast-check';
import {
  compareInstants,
  fromMicros,
  parseInstant,
  startOfDayIn,
  toMicros,
  wallTime,
} from '../../src/core/instant.js';
import { at } from './at.js';

const FIRST = toMicros(at('0001-01-01T00:00:00Z'));
const LAST = toMicros(at('9999-12-31T23:59:59.999999Z'));
const anyMicros = fc.bigInt({ min: FIRST, max: LAST });

describe('instants', () => {
  const readings: readonly (readonly [string, string])[] = [
    ['2026-11-21T00:00:00Z', '2026-11-21T00:00:00.000000Z'],
    ['2026-11-21T10:00Z', '2026-11-21T10:00:00.000000Z'],
    ['2026-11-21t10:00:00.5z', '2026-11-21T10:00:00.500000Z'],
    ['2026-11-21 00:00:00.1+00', '2026-11-21T00:00:00.100000Z'],
    ['2026-11-21 05:30:00+05:30', '2026-11-21T00:00:00.000000Z'],
    ['1890-01-01 00:00:00-00:36:45', '1890-01-01T00:36:45.000000Z'],
    ['2026-11-21T00:00:00.123456-01:00', '2026-11-21T01:00:00.123456Z'],
    ['2026-11-21T00:00:00.123456000Z', '2026-11-21T00:00:00.123456Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000000Z'],
    ['9999-12-31T23:59:59.999999Z', '9999-12-31T23:59:59.999999Z'],
  ];
  for (const [text, canonical] of readings) {
    it(`"${text}" is ${canonical}`, () => {
      expect(parseInstant(text)).to.equal(canonical);
    });
  }

  const refused = [
    ...['', 'now', 'infinity', '-infinity', '2026-11-21', '2026-11-21T00:00:00', '20261121T000000Z'],
    ...[
      '0044-03-15 00:00:00+00 BC',
      '10000-01-01 00:00:00+00',
      '+010000-01-01T00:00:00Z',
      '-000001-01-01T00:00:00Z',
    ],
    ...['2026-02-29T00:00:00Z', '2026-13-01T00:00:00Z', '2026-11-21T24:00:00Z', '2026-11-21T23:59:60Z'],
    ...['2026-11-21T00:00:00.1234567Z', '2026-11-21T00:00:00.000000001Z', '2026-11-21T00:00:00.Z'],
    ...[
      '2026-11-21T00:00:00,5Z',
      '2026-11-21T00:00:00+24:00',
      '2026-11-21T00:00:00+01:60',
      '2026-11-21T00:00:00+1',
    ],
    ...[
      '2026-11-21T00:00:00Z[UTC]',
      ' 2026-11-21T00:00:00Z',
      '2026-11-21T00:00:00Z\n',
      '2026-11-21  00:00:00Z',
    ],
    ...['0001-01-01T00:00:00+01:00', '9999-12-31T23:59:59-01:00', '0000-12-31T00:00:00Z'],
  ];
  for (const text of refused) {
    it(`${JSON.stringify(text)} is no instant`, () => {
      expect(parseInstant(text)).to.equal(null);
    });
  }

  it('an instant survives microseconds and text, to the last digit', () => {
    fc.assert(
      fc.property(anyMicros, (micros) => {
        const instant = fromMicros(micros);
        expect(instant).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
        expect(toMicros(instant)).to.equal(micros);
        expect(parseInstant(instant)).to.equal(instant);
      }),
    );
  });

  it('the order of the texts is the order in time', () => {
    fc.assert(
      fc.property(anyMicros, anyMicros, (a, b) => {
        const inTime = a === b ? 0 : a < b ? -1 : 1;
        expect(compareInstants(fromMicros(a), fromMicros(b))).to.equal(inTime);
      }),
    );
  });

  it('outside the years 0001 to 9999 there is no instant', () => {
    expect(() => fromMicros(FIRST - 1n)).to.throw(RangeError);
    expect(() => fromMicros(LAST + 1n)).to.throw(RangeError);
  });

  it('a typed date begins when the day begins in its zone', () => {
    expect(startOfDayIn('2026-11-21', 'Europe/Berlin')).to.equal('2026-11-20T23:00:00.000000Z');
    expect(startOfDayIn('2026-11-21', 'UTC')).to.equal('2026-11-21T00:00:00.000000Z');
  });

  it('a day without midnight begins with its first instant', () => {
    expect(startOfDayIn('2017-10-15', 'America/Sao_Paulo')).to.equal('2017-10-15T03:00:00.000000Z');
    expect(wallTime(at('2017-10-15T03:00:00Z'), 'America/Sao_Paulo')).to.equal('2017-10-15 01:00:00.000000');
  });

  it('a day that never was begins when the next one does', () => {
    expect(startOfDayIn('2011-12-30', 'Pacific/Apia')).to.equal(startOfDayIn('2011-12-31', 'Pacific/Apia'));
  });

  for (const text of ['2026-02-29', '2026-11-21T00:00', '21.11.2026', '2026-1-1', '0000-01-01', '']) {
    it(`"${text}" is no date`, () => {
      expect(startOfDayIn(text, 'UTC')).to.equal(null);
    });
  }

  it('a wall clock shows microseconds', () => {
    expect(wallTime(at('2026-07-01T00:00:00.000001Z'), 'Europe/Berlin')).to.equal(
      '2026-07-01 02:00:00.000001',
    );
  });

  it('an unknown zone is an error, not UTC', () => {
    expect(() => wallTime(at('2026-07-01T00:00:00Z'), 'Europe/Berlim')).to.throw(RangeError);
    expect(() => startOfDayIn('2026-07-01', 'Europe/Berlim')).to.throw(RangeError);
  });
});
