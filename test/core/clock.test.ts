import { expect } from 'chai';
import { fixedClock, systemClock } from '../../src/core/clock.js';
import { toMicros } from '../../src/core/instant.js';
import { at } from './at.js';

describe('clocks', () => {
  it("the system clock shows the computer's time and is never ahead of it", () => {
    const before = BigInt(Date.now()) * 1000n;
    const shown = toMicros(systemClock.now());
    const after = BigInt(Date.now()) * 1000n;
    expect(shown >= before && shown <= after).to.equal(true);
  });

  it('a fixed clock stands still', () => {
    const clock = fixedClock(at('2026-11-21T00:00:00Z'));
    expect(clock.now()).to.equal(clock.now()).and.to.equal('2026-11-21T00:00:00.000000Z');
  });
});
