import type { AccessLog } from './access/access-log.js';
import type { Actors } from './core/actor.js';
import { systemClock, type Clock } from './core/clock.js';
import { LetheError } from './core/errors.js';
import type { Config } from './config.js';
import type { MigrationSet } from './db/migrations.js';
import { openDatabase } from './db/open.js';
import { requireSchema } from './db/migrate.js';
import { requireSameTime } from './db/server-time.js';
import { guardedTables, type MapGraph } from './datamap/graph.js';
import { loadMap } from './datamap/load.js';
import { policiesInForce } from './publication/policies-in-force.js';
import { policyReader } from './publication/policy-reader.js';
import type { Instant } from './core/instant.js';
import type { Queryable } from './db/database.js';
import type { Encryption } from './encryption/encryption.js';
import { encryptionOver } from './encryption/encryption-over.js';
import type { Keys } from './keys/keys.js';
import { openKeys } from './keys/open-keys.js';
import type { PoliciesByKind } from './policy/policy.js';
import type { ActingContext } from './retention/retention.js';
import type { DeliverProof } from './tickets/ticket-context.js';
import { openVault } from './vault/open.js';
import type { Vault } from './vault/vault.js';

export interface EngineOptions {
  readonly config: Config;
  readonly clock?: Clock;
  /** Takes proofs of address to customers who want to follow a ticket; absent: nobody can. */
  readonly deliverProof?: DeliverProof | undefined;
  /** Opens also where the keys are missing or refused: for whoever looks into that. */
  readonly isLookingAtKeys?: boolean;
}

/** Of every kind: in force now, or at an instant that has passed. Throws `version_unreadable`. */
export type PoliciesByKindOf = (on?: Queryable, at?: Instant) => Promise<PoliciesByKind>;

/** What an engine works with; which policies are in force is asked anew for every act, and in the middle of a run. */
export interface EngineParts extends Omit<ActingContext, 'policies'> {
  /** The policies of every kind in force, as asked on a connection or in a transaction; absent: as they are published. */
  readonly policiesByKind?: PoliciesByKindOf;
  /** Where decisions about the ticket storage are recorded; absent: in the database's access log. */
  readonly log?: AccessLog;
  /** The installation's keys; absent or null: nothing is stored encrypted. */
  readonly keys?: Keys | null;
  /** Over these keys; absent: off. */
  readonly encryption?: Encryption;
  /** Takes proofs of address to customers. */
  readonly deliverProof?: DeliverProof | undefined;
  /** Who has which role; absent: nobody is told apart. */
  readonly actors?: Actors;
  /** How long a published version waits that may take more: an ISO 8601 period; absent: a week. */
  readonly cooling?: string;
  /** Throws clock_skewed; absent: the clock is somebody else's to mind. */
  readonly requireTime?: () => Promise<void>;
  /** Where the installation's own report templates are, in `reports/`; absent: the shipped ones serve. */
  readonly folder?: string;
  /** How long the oldest backup of the database is kept, as an ISO 8601 period; absent: nobody said. */
  readonly backupsKeptFor?: string | null;
}

/**
 * Opens what an engine works with: map checked, database guarded, vault at hand. Policy files are not read: they are drafts.
 * Whether database and vault belong together is not asked here.
 * @throws LetheError for everything that is not right, before anything is touched
 */
export async function openParts(options: EngineOptions): Promise<EngineParts> {
  const { config, clock = systemClock, deliverProof } = options;
  const graph = await loadMap(config.map, config.parameters, config.folder);
  const db = await openDatabase({ url: config.database.url, folder: config.database.embedded });
  try {
    await requireSchema(db, migrationSets(graph));
    db.guard(guardedTables(graph));
    const vault = config.vault && (await openVault(config.vault));
    const keys = await openOwnKeys(config, vault, clock);
    const { actors, cooling } = config;
    const backupsKeptFor = config.backups && config.backups.keptFor;
    return {
      db,
      graph,
      clock,
      vault,
      keys,
      encryption: encryptionOver({ db, graph, keyring: keys && keys.keyring, clock }),
      deliverProof,
      actors,
      cooling,
      backupsKeptFor,
      folder: config.folder,
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

/** Keys stand in the vault, so the configuration has refused them without one. */
export async function openOwnKeys(config: Config, vault: Vault | null, clock: Clock): Promise<Keys | null> {
  if (!config.keys || !config.vault || !vault) return null;
  const vaultId = async (): Promise<string> => {
    const identity = await vault.identity();
    if (!identity)
      throw new LetheError('vault_unreadable', { place: vault.place, reason: 'it has no name yet' });
    return identity.id;
  };
  return openKeys(config.keys, { vaultPlace: config.vault, vaultId, clock });
}

export async function closeParts({
  db,
  vault,
  keys,
}: Pick<EngineParts, 'db' | 'vault' | 'keys'>): Promise<void> {
  await keys?.close();
  await vault?.close();
  await db.close();
}

/** The policies of every kind as they are published. */
export function publishedPolicies({
  db,
  graph,
  clock,
}: Pick<EngineParts, 'db' | 'graph' | 'clock'>): PoliciesByKindOf {
  const read = policyReader(graph);
  return (on = db, at = clock.now()) => read(on, at);
}

/** The native map's tables are Lethe's own; any other map's exist already. */
export const migrationSets = ({ id }: MapGraph): readonly MigrationSet[] => (id === 'native' ? ['desk'] : []);
