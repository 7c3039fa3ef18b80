import { authorised, type Actor, type ActorName } from './core/actor.js';
import { replay, type Replay } from './disposal/replay.js';
import { closeParts, openParts, type EngineOptions, type EngineParts } from './engine-parts.js';
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
      return replay(parts, who);
    },
    adopt: async (actor) => adoptVault(parts, may(actor).name),
    close: () => closeParts(parts),
  };
}

async function withItsVault(opened: EngineParts) {
  try {
    return { ...opened, vault: requireVault(opened.vault) };
  } catch (error) {
    await closeParts(opened);
    throw error;
  }
}
