import type { Actors } from './core/actor.js';
import { systemClock, type Clock } from './core/clock.js';
import type { Config } from './config.js';
import type { MigrationSet } from './db/migrations.js';
import { openDatabase } from './db/open.js';
import { requireSchema } from './db/migrate.js';
import { requireSameTime } from './db/server-time.js';
import { guardedTables, type MapGraph } from './datamap/graph.js';
import { loadMap } from './datamap/load.js';
import { policiesInForce } from './publication/policies-in-force.js';
import type { ActingContext } from './retention/retention.js';
import { openVault } from './vault/open.js';

export interface EngineOptions {
  readonly config: Config;
  readonly clock?: Clock;
}

/** What an engine works with; which policies are in force is asked anew for every act, and in the middle of a run. */
export interface EngineParts extends Omit<ActingContext, 'policies'> {
  /** Who has which role; absent: nobody is told apart. */
  readonly actors?: Actors;
  /** How long a published version waits that may take more: an ISO 8601 period; absent: a week. */
  readonly cooling?: string;
  /** Throws clock_skewed; absent: the clock is somebody else's to mind. */
  readonly requireTime?: () => Promise<void>;
  /** How long the oldest backup of the database is kept, as an ISO 8601 period; absent: nobody said. */
  readonly backupsKeptFor?: string | null;
}

/**
 * Opens what an engine works with: map checked, database guarded, vault at hand. Policy files are not read: they are drafts.
 * Whether database and vault belong together is not asked here.
 * @throws LetheError for everything that is not right, before anything is touched
 */
export async function openParts({ config, clock = systemClock }: EngineOptions): Promise<EngineParts> {
  const graph = await loadMap(config.map, config.parameters, config.folder);
  const db = await openDatabase({ url: config.database.url, folder: config.database.embedded });
  try {
    await requireSchema(db, migrationSets(graph));
    db.guard(guardedTables(graph));
    const vault = config.vault && (await openVault(config.vault));
    const { actors, cooling } = config;
    const backupsKeptFor = config.backups && config.backups.keptFor;
    return {
      db,
      graph,
      clock,
      vault,
      actors,
      cooling,
      backupsKeptFor,
      requireTime: () => requireSameTime(db, clock),
      policiesInForce: async (on) => {
        if (on === undefined) await requireSameTime(db, clock); // an act begins
        return policiesInForce(on ?? db, graph, clock.now());
      },
    };
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
