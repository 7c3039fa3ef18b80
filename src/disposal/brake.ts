import { setTimeout as wait } from 'node:timers/promises';
import type { Instant } from '../core/instant.js';
import type { Database, Queryable } from '../db/database.js';
import { sql } from '../db/sql.js';

/** What holds the next batch back: nothing, something that passes soon, or something that lasts. */
export type BrakeVerdict =
  | { readonly kind: 'go' }
  | { readonly kind: 'wait'; readonly ms: number; readonly because: string }
  | { readonly kind: 'rest'; readonly until: Instant; readonly because: string };

/** Asked before every batch of a run; no transaction is open then, so a brake that waits holds nobody up. */
export interface Brake {
  /** Rows that the last batch deleted. */
  spent(rows: number): void;
  ask(): Promise<BrakeVerdict>;
}

/** A wait this long is written down, so that `lethe status` can say why nothing moves. */
const WORTH_TELLING_MS = 5_000;

/**
 * Waits until the next batch may begin. False: the run rests, or `signal` asks to stop.
 * @throws LetheError what the brake throws: one that cannot see what it is to watch lets nothing begin
 */
export async function passBrake(
  db: Database,
  planId: string,
  { brake, signal }: { readonly brake?: Brake | undefined; readonly signal: AbortSignal },
): Promise<boolean> {
  while (!signal.aborted) {
    const verdict = brake ? await brake.ask() : ({ kind: 'go' } as const);
    if (verdict.kind === 'go') return true;
    if (verdict.kind === 'rest') {
      await noteRest(db, planId, verdict.until, verdict.because);
      return false;
    }
    const { ms, because } = verdict;
    if (ms >= WORTH_TELLING_MS) await noteRest(db, planId, ms, because);
    await wait(ms, undefined, { signal }).catch(() => undefined);
  }
  return false;
}

/** Until an instant of the engine's clock, or for so many milliseconds from now. */
async function noteRest(
  db: Queryable,
  planId: string,
  until: Instant | number,
  because: string,
): Promise<void> {
  const [at, ms] = typeof until === 'number' ? [null, until] : [until, 0];
  await db.query(sql`
    update lethe.plan
    set rests_until = coalesce(${at}::timestamptz, now() + ${ms}::int * interval '1 millisecond'),
        rests_because = ${because}
    where id = ${planId} and state = 'applying'`);
}
