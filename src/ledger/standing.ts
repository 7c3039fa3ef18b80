import { LetheError } from '../core/errors.js';
import type { Database, Tx } from '../db/database.js';
import type { JournaledAct } from '../vault/journal.js';
import type { Seal, Vault } from '../vault/vault.js';
import { presentEntries } from './block-store.js';
import { genuineCheckpoint } from './checkpoint.js';
import { chainEnd, compareEnds, type ChainEnd } from './chain-end.js';
import { closeJournal, lockSealing } from './locks.js';

/** How the database stands to its vault. */
export type Standing =
  | { readonly is: 'current' }
  /** The database is older than the journal: these acts must be done again, in this order. */
  | {
      readonly is: 'restored';
      readonly missing: readonly JournaledAct[];
      readonly end: ChainEnd;
      readonly seal: number;
    };

/**
 * Compares heads: the chain's end with the vault's last seal, confirmed acts with the entries that prove them. Settles what a
 * killed process left open when nobody is in the middle of an act.
 * @throws LetheError `vault_older`, `backup_too_old`, `ledger_broken`, `vault_unreadable`
 */
export function standingOf(db: Database, vault: Vault): Promise<Standing> {
  return db.transaction(async (tx) => (await standingIn(tx, vault)).standing);
}

/** The same inside a transaction; `quiet` when nobody is in the middle of an act until it ends. Nothing is open then. */
export async function standingIn(
  tx: Tx,
  vault: Vault,
): Promise<{ readonly standing: Standing; readonly quiet: boolean }> {
  await lockSealing(tx);
  const quiet = await closeJournal(tx); // before the journal is read: what is open in it then stays as it is
  const [seal, end] = [await vault.seal(), await chainEnd(tx)];
  const behind = await isBehind(tx, vault, seal, end);
  if (behind) await requireReach(vault, end);
  const { acts } = await vault.acts(behind ? 0 : (seal?.settled ?? 0));
  const absent = await absentActs(tx, vault, acts);
  const missing = absent.filter(({ state }) => state === 'done');
  if (behind || missing.length > 0)
    return { standing: { is: 'restored', missing, end, seal: seal?.number ?? 0 }, quiet };
  if (quiet) await settle(vault, acts, absent);
  return { standing: { is: 'current' }, quiet };
}

/** Throws database_restored unless the database is as new as its vault. */
export async function requireCurrent(db: Database, vault: Vault): Promise<void> {
  const standing = await standingOf(db, vault);
  if (standing.is === 'restored')
    throw new LetheError('database_restored', { acts: standing.missing.length, seal: standing.seal });
}

async function isBehind(tx: Tx, vault: Vault, seal: Seal | null, end: ChainEnd): Promise<boolean> {
  const seen = await compareEnds(tx, vault, seal, end);
  switch (seen.is) {
    case 'same':
    case 'ahead':
      return false;
    case 'behind':
      return true;
    case 'beyond':
      throw new LetheError('vault_older', { place: vault.place, seal: seal?.number ?? 0, block: end.number });
    case 'other':
      throw new LetheError('ledger_broken', {
        problem: `block ${end.number} is not the one the vault sealed`,
      });
  }
}

/**
 * Every act that the journal has forgotten was sealed up to some block. A database without that block brings records back of
 * which nobody knows any more that they were erased.
 */
async function requireReach(vault: Vault, end: ChainEnd): Promise<void> {
  const reach = await vault.reach();
  if (reach && end.number < reach.block)
    throw new LetheError('backup_too_old', { block: end.number, reach: reach.block, at: reach.at });
}

/** Acts of which no entry is in the database; one that was pruned has been there. */
async function absentActs(
  tx: Tx,
  vault: Vault,
  acts: readonly JournaledAct[],
): Promise<readonly JournaledAct[]> {
  const present = await presentEntries(
    tx,
    acts.flatMap(({ entries }) => entries),
  );
  const pruned = await genuineCheckpoint(tx, vault);
  return acts.filter(
    ({ act, entries }) =>
      !entries.some((id) => present.has(id)) && (pruned === null || act.at >= pruned.before),
  );
}

/** An open act committed when its entry is there; when it is not, and nobody is in the middle of one, it never will. */
async function settle(
  vault: Vault,
  acts: readonly JournaledAct[],
  absent: readonly JournaledAct[],
): Promise<void> {
  for (const one of acts) {
    if (one.state !== 'open') continue;
    if (absent.includes(one)) await vault.annul(one.act.id);
    else await vault.confirm(one.act.id);
  }
}
