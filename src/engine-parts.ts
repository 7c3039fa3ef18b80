import { systemClock, type Clock } from './core/clock.js';
import type { Config } from './config.js';
import type { MigrationSet } from './db/migrations.js';
import { openDatabase } from './db/open.js';
import { requireSchema } from './db/migrate.js';
import { guardedTables, type MapGraph } from './datamap/graph.js';
import { loadMap } from './datamap/load.js';
import { loadPolicies } from './policy/policy-set.js';
import type { RetentionPolicy } from './policy/retention-policy.js';
import type { RetentionContext } from './retention/retention.js';
import { openVault } from './vault/open.js';

export interface EngineOptions {
  readonly config: Config;
  readonly clock?: Clock;
}

/** What an engine works with; which policies are in force is asked anew for every act. */
export interface EngineParts extends Omit<RetentionContext, 'policies'> {
  policiesInForce(): Promise<readonly RetentionPolicy[]>;
}

/**
 * Opens what an engine works with: map and policies checked, database guarded, vault at hand. Whether these two belong
 * together is not asked here.
 * @throws LetheError for everything that is not right, before anything is touched
 */
export async function openParts({ config, clock = systemClock }: EngineOptions): Promise<EngineParts> {
  const graph = await loadMap(config.map, config.parameters, config.folder);
  const { policies } = await loadPolicies(graph, config.policies, config.policiesShown);
  const db = await openDatabase({ url: config.database.url, folder: config.database.embedded });
  try {
    await requireSchema(db, migrationSets(graph));
    db.guard(guardedTables(graph));
    const vault = config.vault && (await openVault(config.vault));
    return { db, graph, clock, vault, policiesInForce: () => Promise.resolve(policies) };
  } catch (error) {
    await db.close();
    throw error;
  }
}

export async function closeParts({ db, vault }: Pick<EngineParts, 'db' | 'vault'>): Promise<void> {
  await vault?.close();
  await db.close();
}

/** The native map's tables are Lethe's own; any other map's exist already. */
export const migrationSets = ({ id }: MapGraph): readonly MigrationSet[] => (id === 'native' ? ['desk'] : []);
