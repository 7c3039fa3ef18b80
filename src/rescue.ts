import { authorised, type Actor, type ActorName } from './core/actor.js';
import { LetheError } from './core/errors.js';
import { replay, type Replay } from './disposal/replay.js';
import { closeParts, openParts, type EngineOptions, type EngineParts } from './engine-parts.js';
import { recallDestroyed } from './encryption/data-key-store.js';
import { destroyEnded } from './encryption/destroy-keys.js';
import { actorId } from './ledger/actor-directory.js';
import { adoptVault, requireOwnVault, requireVault, type Adoption } from './ledger/vault-link.js';
import { verifyLedger, type Verification } from './ledger/verify.js';

/** What may be done with a database that is closed: it was restored, or its vault is not the one it knows. */
export interface Rescue {
  /** @param pinned fingerprints of the keys that alone are trusted */
  verify(pinned?: readonly string[]): Promise<Verification>;
  /** Does again what the restored database has forgotten, and opens it. */
  replay(actor: ActorName): Promise<Replay>;
  /** Goes on with the vault that is there. */
  adopt(actor: ActorName): Promise<Adoption>;
  close(): Promise<void>;
}

/** Opens database and vault without asking whether they fit together; each act asks what it needs. */
export async function openRescue(options: EngineOptions): Promise<Rescue> {
  const opened = await openParts(options);
  const parts = await withItsVault(opened);
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
      await destroyKeys(parts, who);
      return done;
    },
    adopt: async (actor) => {
      const who = may(actor);
      // an older copy has the keys again that were destroyed since
      const adopted = await adoptVault(parts, who.name, (tx) => recallDestroyed(tx, parts.clock.now()));
      await destroyKeys(parts, who);
      return adopted;
    },
    close: () => closeParts(parts),
  };
}

/** Keys that are to be destroyed again; where that cannot be now, the worker's next round does it, and doctor tells of it. */
async function destroyKeys({ db, clock, keys = null }: EngineParts, { name }: Actor): Promise<void> {
  try {
    await destroyEnded({ db, clock, keys, actor: await actorId(db, name) });
  } catch (error) {
    if (!(error instanceof LetheError)) throw error;
  }
}

async function withItsVault(opened: EngineParts) {
  try {
    return { ...opened, vault: requireVault(opened.vault) };
  } catch (error) {
    await closeParts(opened);
    throw error;
  }
}
