import { parseInstant, toMicros, fromMicros, type Instant } from '../core/instant.js';
import type { Clock } from '../core/clock.js';
import type { Database } from '../db/database.js';
import { LetheError } from '../core/errors.js';
import { error, type Finding } from '../datamap/finding.js';
import type { MapGraph } from '../datamap/graph.js';
import type { PolicyStanding } from '../publication/publication.js';
import type { RetentionPolicy } from '../policy/retention-policy.js';
import type { PlanStatus } from '../retention/status.js';

/** What questions about coverage are asked of. */
export interface CoverageContext {
  readonly db: Database;
  readonly graph: MapGraph;
  readonly clock: Clock;
  /** The versions in force. */
  readonly policies: readonly RetentionPolicy[];
  /** How each policy came to be in force, and what waits. */
  readonly standings: ReadonlyMap<string, PolicyStanding>;
  /** Newest first. */
  readonly plans: readonly PlanStatus[];
}

/** A statement that takes longer is given up, so that the doctor ends. */
export const SECONDS = 10;

export const DAY = 86_400_000_000n;

/** The instant so many microseconds earlier. */
export const before = (instant: Instant, micros: bigint): Instant => fromMicros(toMicros(instant) - micros);

/** Whole days from one instant to a later one; 0 when it is not later. */
export const daysBetween = (from: Instant, to: Instant): number =>
  Math.max(0, Number((toMicros(to) - toMicros(from)) / DAY));

/** Since when the version in force is; null when nobody knows. */
export const inForceSince = ({ standings }: CoverageContext, policy: string): Instant | null => {
  const state = standings.get(policy)?.inForce?.state;
  return state?.is === 'inForce' ? state.since : null;
};

/** `2026-11-21` of an instant in any form the database gives. */
export const dayOf = (instant: string): string => (parseInstant(instant) ?? instant).slice(0, 10);

/** `policy resolved-tickets` */
export const nameOf = ({ id }: { readonly id: string }): string => `policy ${id}`;

/** One question that fails must not silence the others: its failure is a finding too. */
export async function findingOr(
  thing: string,
  work: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  try {
    return await work();
  } catch (failure) {
    if (!(failure instanceof LetheError)) throw failure;
    return [error(failure.code, thing, failure.message)];
  }
}
