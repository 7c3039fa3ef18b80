import { expect } from 'chai';
import { opensAt, type Window } from '../../src/core/window.js';
import { at } from './at.js';

const window = (from: string, to: string, timeZone = 'UTC'): Window => ({ from, to, timeZone });
const opens = (of: Window, now: string): string | null => opensAt(of, at(now))?.slice(0, 16) ?? null;

describe('a window between two times of day', () => {
  it('is open from its first time to just before its last', () => {
    const night = window('01:00', '05:00');
    expect(opens(night, '2026-01-01T00:59:59Z')).to.equal('2026-01-01T01:00');
    expect(opens(night, '2026-01-01T01:00Z')).to.equal(null);
    expect(opens(night, '2026-01-01T04:59:59Z')).to.equal(null);
    expect(opens(night, '2026-01-01T05:00Z')).to.equal('2026-01-02T01:00');
  });

  it('may go over midnight, and the same time twice is the whole day', () => {
    const night = window('22:00', '06:00', 'Europe/Berlin');
    expect(opens(night, '2026-01-01T20:59Z')).to.equal('2026-01-01T21:00');
    expect(opens(night, '2026-01-01T23:30Z')).to.equal(null);
    expect(opens(night, '2026-01-02T04:59Z')).to.equal(null);
    expect(opens(night, '2026-01-02T05:00Z')).to.equal('2026-01-02T21:00');
    expect(opens(window('00:00', '00:00'), '2026-01-02T13:00Z')).to.equal(null);
  });

  it('opens late and closes early where a time comes twice', () => {
    // 25 October 2026: 02:30 is 00:30Z and 01:30Z
    expect(opens(window('02:30', '06:00', 'Europe/Berlin'), '2026-10-25T00:45Z')).to.equal(
      '2026-10-25T01:30',
    );
    expect(opens(window('22:00', '02:30', 'Europe/Berlin'), '2026-10-25T00:29Z')).to.equal(null);
    expect(opens(window('22:00', '02:30', 'Europe/Berlin'), '2026-10-25T00:30Z')).to.equal(
      '2026-10-25T21:00',
    );
  });

  it('opens late and closes early where a time is skipped; what is skipped whole opens a day later', () => {
    // 29 March 2026: 02:00 (01:00Z) is 03:00
    expect(opens(window('02:30', '06:00', 'Europe/Berlin'), '2026-03-29T01:29Z')).to.equal(
      '2026-03-29T01:30',
    );
    expect(opens(window('22:00', '02:30', 'Europe/Berlin'), '2026-03-29T00:30Z')).to.equal(
      '2026-03-29T20:00',
    );
    expect(opens(window('02:10', '02:50', 'Europe/Berlin'), '2026-03-29T00:30Z')).to.equal(
      '2026-03-30T00:10',
    );
  });
});
