import type { ActorName } from './core/actor.js';
import { systemClock, type Clock } from './core/clock.js';
import type { Config } from './config.js';
import { openDatabase } from './db/open.js';
import type { Database } from './db/database.js';
import { requireSchema } from './db/migrate.js';
import type { MigrationSet } from './db/migrations.js';
import { guardedTables, type MapGraph } from './datamap/graph.js';
import { loadMap } from './datamap/load.js';
import type { PlanRow } from './disposal/plan-store.js';
import { liftHold, placeHold, type HoldOrder, type PlacedHold } from './disposal/hold.js';
import { listHolds, type HoldSummary } from './disposal/hold-list.js';
import type { ApplyWatch } from './disposal/run.js';
import { loadPolicies } from './policy/policy-set.js';
import type { RetentionPolicy } from './policy/retention-policy.js';
import {
  applyRetention,
  approveRetention,
  planRetention,
  type RetentionContext,
} from './retention/retention.js';
import { planItems, type PlanItem } from './retention/show.js';
import { retentionStatus, type PlanStatus } from './retention/status.js';
import { whyRetained, type Why } from './retention/why.js';

/** Lethe over one database: the nouns of the command line, as a library. */
export interface Engine {
  readonly db: Database;
  readonly graph: MapGraph;
  readonly policies: readonly RetentionPolicy[];
  readonly clock: Clock;
  readonly retention: {
    plan(policy: string, actor: ActorName, asOf?: string): Promise<PlanRow>;
    items(plan: string): AsyncGenerator<PlanItem>;
    approve(plan: string, actor: ActorName): Promise<PlanRow>;
    apply(plan: string, actor: ActorName, watch?: ApplyWatch): Promise<PlanRow>;
    status(): Promise<readonly PlanStatus[]>;
    why(record: string): Promise<Why>;
  };
  readonly holds: {
    place(order: HoldOrder, actor: ActorName): Promise<PlacedHold>;
    lift(hold: string, reason: string, actor: ActorName): Promise<{ readonly id: string }>;
    list(): Promise<readonly HoldSummary[]>;
  };
  close(): Promise<void>;
}

export interface EngineOptions {
  readonly config: Config;
  readonly clock?: Clock;
}

/**
 * Puts the parts together: map and policies checked, database opened and guarded.
 * @throws LetheError for everything that is not right, before anything is touched
 */
export async function createEngine({ config, clock = systemClock }: EngineOptions): Promise<Engine> {
  const graph = await loadMap(config.map, config.parameters, config.folder);
  const { policies } = await loadPolicies(graph, config.policies, config.policiesShown);
  const db = await openDatabase({ url: config.database.url, folder: config.database.embedded });
  try {
    await requireSchema(db, migrationSets(graph));
    db.guard(guardedTables(graph));
    return engineOver({ db, graph, policies, clock });
  } catch (error) {
    await db.close();
    throw error;
  }
}

/** The native map's tables are Lethe's own; any other map's exist already. */
export const migrationSets = ({ id }: MapGraph): readonly MigrationSet[] => (id === 'native' ? ['desk'] : []);

/** The engine over parts that are open and checked already. */
export function engineOver(context: RetentionContext): Engine {
  const { db, graph } = context;
  return {
    ...context,
    retention: {
      plan: (policy, actor, asOf) => planRetention(context, policy, actor, asOf),
      items: (plan) => planItems(db, graph, plan),
      approve: (plan, actor) => approveRetention(context, plan, actor),
      apply: (plan, actor, watch) => applyRetention(context, plan, actor, watch),
      status: () => retentionStatus(db),
      why: (record) => whyRetained(context, record),
    },
    holds: {
      place: (order, actor) => placeHold(context, order, actor),
      lift: (hold, reason, actor) => liftHold(context, hold, reason, actor),
      list: () => listHolds(context),
    },
    close: () => db.close(),
  };
}
