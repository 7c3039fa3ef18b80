import type { Clock } from '../../src/core/clock.js';
import { fromMicros, toMicros, type Instant } from '../../src/core/instant.js';
import { policiesOf, type Desk, type Json } from './small-desk.js';

/** Puts policies on record as published and in force since an instant, as `lethe init` would. */
export async function published(desk: Desk, files: readonly Json[], since: string): Promise<void> {
  await desk.admin(`insert into lethe.actor (id) values ('actor-publisher') on conflict do nothing`);
  for (const { id, digest, text } of policiesOf(desk.graph, files)) {
    await desk.admin(
      `insert into lethe.version (digest, kind, name, content, stored_by) values ($1, 'retention', $2, $3, 'actor-publisher')
       on conflict do nothing`,
      [digest, id, text],
    );
    await desk.admin(
      `insert into lethe.publication (id, policy, kind, digest, published_at, published_by, change, not_before, approvers, assurance)
       values ('version-' || gen_random_uuid(), $1, 'retention', $2, $3, 'actor-publisher', 'initial', $3, 0, 'asserted')`,
      [id, digest, since],
    );
  }
}

/** A clock that a test sets. */
export function testClock(start: string): { now: () => Instant; set: (instant: string) => void } {
  let current = start as Instant;
  return {
    now: () => current,
    set: (instant) => {
      current = instant as Instant;
    },
  };
}

/** Time that passes faster: `speed` seconds a second from `start`, which is at `began` of the computer's clock (ms). */
export interface FastClock {
  readonly start: string;
  readonly began: number;
  readonly speed: number;
}

/** The same in every process that is told the same. */
export const fastClock = ({ start, began, speed }: FastClock): Clock => ({
  now: () => fromMicros(toMicros(start as Instant) + BigInt(Math.floor((Date.now() - began) * speed * 1000))),
});
