import type { PolicyKind, PolicyOf } from '../policy/policy.js';

/** A policy as it is in force, and as it is to be; null: it is not there. */
export interface StepOf<Kind extends PolicyKind> {
  readonly before: PolicyOf<Kind> | null;
  readonly after: PolicyOf<Kind> | null;
  /** All versions of other policies of the kind that rule, wait or are published along. */
  readonly others: readonly OtherOf<Kind>[];
}

export interface OtherOf<Kind extends PolicyKind> {
  readonly id: string;
  /** Null: the data map can no longer read it, so it may be about anything. */
  readonly policy: PolicyOf<Kind> | null;
}
