import { expect } from 'chai';
import type { Instant } from '../../src/core/instant.js';
import type { CallEvent, ConsentEnd } from '../../src/recording/call-events.js';
import { callState } from '../../src/recording/call-state.js';
import { permissionOf } from '../../src/recording/missing.js';

const at = (second: number) => `2026-11-20T10:00:0${second}.000000Z` as Instant;
const someone = { id: 'one', subject: 'subject-1', role: 'customer', place: 'DE' } as const;
const said = { policy: 'p', version: 'v', wording: 'w', language: 'en', method: 'spoken', evidence: null };
const joined: CallEvent = { kind: 'joined', at: at(0), participant: 'one' };
const consented = (second: number, consent: string): CallEvent => ({
  kind: 'consented',
  at: at(second),
  participant: 'one',
  consent,
  ...said,
});
const started = (second: number): CallEvent => ({ kind: 'started', at: at(second) });
const stateOf = (events: readonly CallEvent[], ends: readonly ConsentEnd[], now = at(9)) =>
  callState([someone], [joined, ...events], ends, now);

describe('what a call is after its events', () => {
  const withdrawn = (second: number): ConsentEnd => ({ consent: 'a', at: at(second), isExpiry: false });

  it('is not recorded once a consent ended elsewhere, whichever of the two clocks was ahead', () => {
    for (const end of [1, 2, 3, 4, 5, 9]) {
      // now is before the end where the clock here is behind
      const state = stateOf([consented(3, 'a'), started(4)], [withdrawn(end)], at(5));
      expect(state.recording, String(end)).to.equal('off');
      expect(state.intervals.every(({ isBarred, to }) => isBarred && to !== null)).to.equal(true);
      expect(permissionOf(state).missing).to.deep.equal([{ role: 'customer', lacks: 'consent' }]);
    }
  });

  it('keeps what was recorded while a consent held that ran out, and records no more', () => {
    const ranOut = { consent: 'a', at: at(6), isExpiry: true };
    const events = [consented(1, 'a'), started(2)];
    expect(stateOf(events, [ranOut], at(5)).recording).to.equal('on');
    const state = stateOf(events, [ranOut]);
    expect(state.recording).to.equal('off');
    expect(state.intervals.map(({ from, to, isBarred }) => [from, to, isBarred])).to.deep.equal([
      [at(2), at(6), false],
    ]);
  });

  it('never stores what was recorded before a withdrawal, though the person consented again', () => {
    for (const end of [3, 4, 5, 9]) {
      const state = stateOf([consented(1, 'a'), started(2), consented(5, 'b'), started(6)], [withdrawn(end)]);
      expect(
        state.intervals.map(({ isBarred }) => isBarred),
        String(end),
      ).to.deep.equal([true, false]);
      expect(state.recording).to.equal('on');
    }
  });

  it('bars nothing of a time in which whoever objects could not be heard', () => {
    const other = { ...someone, id: 'two' };
    const events: CallEvent[] = [
      joined,
      consented(1, 'a'),
      started(2),
      { kind: 'stopped', at: at(3), reason: 'order' },
      { kind: 'joined', at: at(4), participant: 'two' },
      { kind: 'refused', at: at(5), participant: 'two' },
    ];
    const { intervals, recording } = callState([someone, other], events, [], at(9));
    expect(intervals.map(({ isBarred }) => isBarred)).to.deep.equal([false]);
    expect(recording).to.equal('off');
  });
});
