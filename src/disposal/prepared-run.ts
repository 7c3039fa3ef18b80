import type { Clock } from '../core/clock.js';
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../db/database.js';
import type { Closure, ForeignKey } from '../datamap/closure.js';
import type { MapGraph, MapTable } from '../datamap/graph.js';
import type { Vault } from '../vault/vault.js';
import type { DestroyingKeys } from '../encryption/destroy-keys.js';
import type { PlanRow } from './plan-store.js';
import type { WorkTables } from './work-tables.js';

/** A plan being applied: everything its batches need, worked out once. */
export interface Run {
  readonly plan: PlanRow;
  readonly graph: MapGraph;
  readonly closure: Closure;
  readonly work: WorkTables;
  readonly foreignKeys: readonly ForeignKey[];
  /** Tables of the closure that can have several rows of one key; see markSharedKeys. */
  readonly loose: readonly MapTable[];
  /** Predicate over `this`: the rule takes the record. The same text selected the plan's roots. */
  readonly takes: string;
  /** Rules that compete for the record: predicate over `this` and outcome. */
  readonly rivals: readonly {
    readonly id: string;
    readonly matches: string;
    readonly outcome: 'conflict' | 'overridden';
  }[];
  /**
   * Asked by every batch: what was published since the run began counts at once.
   * @throws LetheError `plan_changed` when its rule, or one that competes with it, is not the one in force any more
   */
  readonly requireInForce: (tx: Queryable) => Promise<void>;
  readonly actor: string;
  /** When its approvals were counted: a run that starts then may finish after they have ended. */
  readonly startedAt: Instant;
  readonly clock: Clock;
  /** Knows of every batch before it commits, where there is one. */
  readonly vault: Vault | null;
  /** Where the keys of its records are destroyed, once they are gone; null: none are configured. */
  readonly keys: DestroyingKeys | null;
}

/** What it takes to sweep late children, also those of a run that was withdrawn half-way. */
export type Sweep = Omit<Run, 'takes' | 'rivals' | 'requireInForce' | 'startedAt' | 'vault' | 'keys'>;
