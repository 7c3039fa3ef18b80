import { authorised, type Actor, type ActorName } from './core/actor.js';
import { LetheError } from './core/errors.js';
import { replay, type Replay } from './disposal/replay.js';
import { closeParts, openParts, type EngineOptions, type EngineParts } from './engine-parts.js';
import { recallDestroyed } from './encryption/data-key-store.js';
import { keysMissing } from './encryption/claims-store.js';
import { destroyEnded } from './encryption/destroy-keys.js';
import { indexIsLost } from './encryption/index-due.js';
import { reindex } from './encryption/re-index.js';
import { destroyUnclaimed, type Compared } from './encryption/unclaimed-keys.js';
import type { Keys } from './keys/keys.js';
import { actorId } from './ledger/actor-directory.js';
import {
  adoptVault,
  foreign,
  readLink,
  requireOwnVault,
  requireVault,
  type Adoption,
} from './ledger/vault-link.js';
import { verifyLedger, type Verification } from './ledger/verify.js';
import type { Vault } from './vault/vault.js';

/** What the vault had that the database which is there now does not name. */
export interface KeysCompared {
  /** Those that no row names are destroyed; null: no keys are configured, or it could not be now. */
  readonly unclaimed: Compared | null;
  /** Keys that rows name and the vault does not have: what they encrypted cannot be read. */
  readonly missing: number;
  /** People indexed anew, because the index was of another time than its key; null: it was not, or it is to be done yet. */
  readonly indexed: number | null;
  /** The index is of another time, and could not be made anew now. */
  readonly isIndexLost: boolean;
}

/** What may be done with a database that is closed: it was restored, or its vault is not the one it knows. */
export interface Rescue {
  /** @param pinned fingerprints of the keys that alone are trusted */
  verify(pinned?: readonly string[]): Promise<Verification>;
  /**
   * Does again what the restored database has forgotten, and opens it. Its keys are those that it names from here on: what was written
   * after the backup cannot be read any more, from a newer backup either.
   */
  replay(actor: ActorName): Promise<Replay & KeysCompared>;
  /** Goes on with the vault that is there. */
  adopt(actor: ActorName): Promise<Adoption & KeysCompared>;
  close(): Promise<void>;
}

/** Opens database and vault without asking whether they fit together; each act asks what it needs. */
export async function openRescue(options: EngineOptions): Promise<Rescue> {
  const opened = await openParts(options);
  try {
    return rescueOver(opened);
  } catch (error) {
    await closeParts(opened);
    throw error;
  }
}

/** @throws LetheError `vault_unset` */
export function rescueOver(opened: EngineParts): Rescue {
  const parts = { ...opened, vault: requireVault(opened.vault) };
  const own = (): Promise<unknown> => requireOwnVault(parts.db, parts.vault);
  const may = (actor: ActorName): Actor => authorised(parts.actors ?? null, actor, 'vault');
  return {
    verify: async (pinned) => {
      await own();
      return verifyLedger(parts, pinned);
    },
    replay: async (actor) => {
      const who = may(actor);
      await own();
      const done = await replay(parts, who);
      return { ...done, ...(await settleKeys(parts, who)) };
    },
    adopt: async (actor) => {
      const who = may(actor);
      await refuseOthersKeys(parts);
      // an older copy has the keys again that were destroyed since
      const adopted = await adoptVault(parts, who.name, (tx) => recallDestroyed(tx, parts.clock.now()));
      return { ...adopted, ...(await settleKeys(parts, who)) };
    },
    close: () => closeParts(parts),
  };
}

type RescueParts = EngineParts & { readonly vault: Vault };

async function settleKeys(parts: RescueParts, who: Actor): Promise<KeysCompared> {
  const unclaimed = await destroyKeys(parts, who);
  const { db, keys } = parts;
  if (!keys) return { unclaimed, missing: 0, indexed: null, isIndexLost: false };
  const missing = await keysMissing(db, keys.store);
  if (!(await indexIsLost(db, keys.store))) return { unclaimed, missing, indexed: null, isIndexLost: false };
  const indexed = await indexAnew({ ...parts, keys });
  return { unclaimed, missing, indexed, isIndexLost: indexed === null };
}

/** Null: the key service is away, or others are at it; doctor tells of it. */
async function indexAnew({
  db,
  graph,
  clock,
  keys,
}: RescueParts & { readonly keys: Keys }): Promise<number | null> {
  try {
    return (await reindex({ db, graph, clock, keyring: keys.keyring })).people;
  } catch (error) {
    if (!(error instanceof LetheError)) throw error;
    return null;
  }
}

/**
 * Keys that are to be destroyed again, and those that the database which is there now does not name. Where that cannot be now, or the
 * database is to be replayed first, whoever comes next does it (see destroyPending), and no run is done before.
 */
async function destroyKeys(
  { db, clock, vault, keys }: RescueParts,
  { name }: Actor,
): Promise<Compared | null> {
  try {
    const actor = await actorId(db, name);
    await destroyEnded({ db, clock, keys: keys ?? null, actor });
    return keys ? await destroyUnclaimed({ db, clock, keys, vault, actor }) : null;
  } catch (error) {
    if (!(error instanceof LetheError)) throw error;
    return null;
  }
}

/**
 * A vault that has keys belongs to the database that it was made for, also before it has seen an act or a seal: no row here names
 * them, and they would be destroyed.
 * @throws LetheError `vault_foreign`
 */
async function refuseOthersKeys({ db, vault, keys }: RescueParts): Promise<void> {
  const [link, identity] = [await readLink(db), await vault.identity()];
  if (!keys || !link || !identity || link.database === identity.database) return;
  if ((await keys.store.counts()).length > 0) throw foreign(vault, identity, link);
}
