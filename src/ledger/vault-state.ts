import { LetheError } from '../core/errors.js';
import type { Instant } from '../core/instant.js';
import type { Database, Queryable, Row } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { Vault, VaultIdentity } from '../vault/vault.js';
import { readBody, type BlockBody, type CheckpointBody } from './block.js';
import { blocksFrom, lastBlock, lastCheckpoint } from './block-store.js';
import { standingIn } from './standing.js';
import { foreign, isUsed, readLink } from './vault-link.js';

/** How a vault stands to its database, as somebody sees it who only looks. */
export interface VaultState {
  /** When the last block was sealed; null: none was. */
  readonly sealedAt: string | null;
  /** Entries that no block holds yet, and the oldest's instant. */
  readonly unsealed: number;
  readonly unsealedSince: Instant | null;
  /** Acts of which the journal does not say how they ended: a process was killed, and none has started since. */
  readonly unsettled: number;
  /** When the last block was sealed whose acts the journal has forgotten; null: it forgot none. */
  readonly forgottenUpTo: string | null;
}

/**
 * Looks at a vault and its database, and writes into neither: what a start would tie together or settle is left to it.
 * @throws LetheError `vault_lost`, `vault_foreign`, `vault_older`, `database_restored`, `backup_too_old`, `ledger_broken`,
 *   `vault_unreadable`
 */
export async function vaultState(db: Database, vault: Vault): Promise<VaultState> {
  await requireSame(db, vault);
  let unsettled = 0;
  const count = (): Promise<void> => {
    unsettled += 1;
    return Promise.resolve();
  };
  return db.transaction(async (tx) => {
    const { standing } = await standingIn(tx, { ...vault, confirm: count, annul: count });
    if (standing.is === 'restored')
      throw new LetheError('database_restored', { acts: standing.missing.length, seal: standing.seal });
    const block = await lastBlock(tx);
    return {
      sealedAt: block && (readBody<BlockBody>(block.body, 'block')?.sealedAt ?? null),
      ...(await unsealed(tx)),
      unsettled,
      forgottenUpTo: await forgottenUpTo(tx, vault),
    };
  });
}

/** As requireOwnVault does it, but the first look does not tie the two together. */
async function requireSame(db: Queryable, vault: Vault): Promise<void> {
  const [link, identity] = [await readLink(db), await vault.identity()];
  if (!link) {
    if (identity && (await isUsed(vault))) throw foreign(vault, identity, null);
    return;
  }
  if (!identity) throw new LetheError('vault_lost', { vault: link.id, place: vault.place });
  if (!isSame(link, identity)) throw foreign(vault, identity, link);
}

const isSame = (one: VaultIdentity, other: VaultIdentity): boolean =>
  one.id === other.id && one.database === other.database;

async function unsealed(db: Queryable): Promise<Pick<VaultState, 'unsealed' | 'unsealedSince'>> {
  const { rows } = await db.query<Row & { entries: string; since: Instant | null }>(sql`
    select count(*) as entries, min(e.at) as since
    from lethe.ledger_unsealed u join lethe.ledger_entry e on e.id = u.entry_id`);
  return { unsealed: Number(rows[0]?.entries ?? 0), unsealedSince: rows[0]?.since ?? null };
}

/** A block that was pruned was made no later than the checkpoint that stands for it. */
async function forgottenUpTo(db: Queryable, vault: Vault): Promise<string | null> {
  const reach = await vault.reach();
  if (!reach || reach.block === 0) return null;
  const [block] = await blocksFrom(db, reach.block, 1);
  const sealedAt = block?.number === reach.block ? readBody<BlockBody>(block.body, 'block')?.sealedAt : null;
  if (sealedAt) return sealedAt;
  const checkpoint = await lastCheckpoint(db);
  return checkpoint && (readBody<CheckpointBody>(checkpoint.body, 'checkpoint')?.madeAt ?? null);
}
