import type { Tx } from '../db/database.js';
import { sql } from '../db/sql.js';

/** Advisory lock numbers ("LETH", then 17 and 18); both end with the transaction, so poolers work. */
const SEALING = 0x4c455448_11n.toString();
const JOURNAL = 0x4c455448_12n.toString();

/** One sealer at a time; the vault's last seal is written by its holder alone. Appending takes no such lock. */
export async function lockSealing(tx: Tx): Promise<void> {
  await tx.query(sql`select pg_advisory_xact_lock(${SEALING}::bigint)`);
}

/** Held from the writing of an intent to the end of its transaction. */
export async function passJournal(tx: Tx): Promise<void> {
  await tx.query(sql`select pg_advisory_xact_lock_shared(${JOURNAL}::bigint)`);
}

/** True when nobody is between an intent and its commit, and nobody comes there until this transaction ends. Never waits. */
export async function closeJournal(tx: Tx): Promise<boolean> {
  const { rows } = await tx.query<{ closed: boolean }>(
    sql`select pg_try_advisory_xact_lock(${JOURNAL}::bigint) as closed`,
  );
  return rows[0]?.closed ?? false;
}
