import type { Tx } from '../db/database.js';
import type { Act } from '../vault/act.js';
import type { Vault } from '../vault/vault.js';
import { passJournal } from './locks.js';
import { requireStillOwn } from './vault-link.js';

/** Writes the intent of an act; its ledger entry is in the transaction already and has the act's id. */
export type Intend = (act: Act) => Promise<void>;

/**
 * Runs a transaction that does a privacy act (DESIGN invariant 11): the vault knows of it before it commits, and that it
 * committed afterwards. When the vault is away, or another one stands in its place, nothing commits; where none is named there is no journal. A process that dies between leaves an open intent, which the next
 * start settles by looking whether the entry is there.
 */
export async function journaled<T>(
  vault: Vault | null,
  open: (work: (tx: Tx) => Promise<T>) => Promise<T>,
  work: (tx: Tx, intend: Intend) => Promise<T>,
): Promise<T> {
  if (vault === null) return open((tx) => work(tx, () => Promise.resolve()));
  const intended: string[] = [];
  const result = await open((tx) =>
    work(tx, async (act) => {
      await passJournal(tx);
      await requireStillOwn(tx, vault);
      await vault.intend(act);
      intended.push(act.id);
    }),
  );
  for (const id of intended) await vault.confirm(id);
  return result;
}
