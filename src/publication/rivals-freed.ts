import { excludes, implies } from './implied.js';
import type { RetentionPolicy } from '../policy/retention-policy.js';

/** A version of another policy that rules now, waits, or is published along. */
export interface OtherPolicy {
  readonly id: string;
  /** Null: the data map can no longer read it, so it may be about anything. */
  readonly policy: RetentionPolicy | null;
  readonly isInForce: boolean;
}

/**
 * Two disposal rules that match one record stop each other, unless one overrides the other. A rule that goes, or matches
 * less, may let go of records that another one takes then.
 */
export function freedRivals(
  before: RetentionPolicy,
  after: RetentionPolicy | null,
  others: readonly OtherPolicy[],
): readonly string[] {
  if (before.action !== 'delete') return [];
  const stillStops =
    after?.action === 'delete' && after.table === before.table && implies(before.condition, after.condition);
  if (stillStops) return [];
  const freed = others.filter(
    ({ policy }) => policy === null || (mayMeet(policy, before) && !policy.overrides.includes(before.id)),
  );
  return [...new Set(freed.map(({ id }) => id))].map(
    (id) => `"${id}" may take records that both rules matched, and that this one kept from it`,
  );
}

/** What a rule overrides no longer keeps records from it. */
export function newlyOverridden(
  before: RetentionPolicy,
  after: RetentionPolicy,
  others: readonly OtherPolicy[],
): readonly string[] {
  const gained = after.overrides.filter((id) => !before.overrides.includes(id));
  return gained
    .filter((id) =>
      others.some(
        (other) =>
          other.id === id && other.isInForce && (other.policy === null || mayMeet(other.policy, after)),
      ),
    )
    .map((id) => `overrides: it takes what "${id}" matches as well`);
}

/** Whether both dispose of records of one type, and one record may match both. */
const mayMeet = (one: RetentionPolicy, other: RetentionPolicy): boolean =>
  one.action === 'delete' && one.table === other.table && !excludes(one.condition, other.condition);
