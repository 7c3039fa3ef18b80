import type { Instant } from './instant.js';

export interface Clock {
  now(): Instant;
}

/**
 * The computer's clock, to the millisecond, rounded down: never ahead, so nothing falls due early.
 * (Node's finer clocks do not follow corrections of the system time.)
 */
export const systemClock: Clock = {
  now: () => new Date().toISOString().replace('Z', '000Z') as Instant,
};

/** A clock that stands still: for tests, and for plans as of another day. */
export function fixedClock(instant: Instant): Clock {
  return { now: () => instant };
}
