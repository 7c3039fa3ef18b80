import { LetheError } from '../core/errors.js';
import type { Tx } from '../db/database.js';
import { sql } from '../db/sql.js';

/** Advisory lock number of the gate between batches and the placing of protections ("LETH", then 1). */
const GATE = 0x4c455448_01n.toString();

/** A batch passes the gate with others; it holds it until its transaction ends. */
export const PASS_GATE = `select pg_advisory_xact_lock_shared(${GATE})`;

/**
 * Batches bring derived data in step one after another: each statement reads what has been committed, so the second to count
 * counts without the rows that the first took. Side by side both would count the other's. Held until the transaction ends.
 */
export const COUNT_ALONE = `select pg_advisory_xact_lock(327580665858)`;

/**
 * Batches whose children go with the last of several owners, and are cleared of the others, follow one another: side by side
 * each would leave the child to the owner that the other takes, and no key would lead to it any more.
 */
export const OWN_ALONE = `select pg_advisory_xact_lock(327580665859)`;

/** Whether this transaction is the only one that takes a partition away; never waits, held until it ends. */
export const PARTITION_ALONE = `pg_try_advisory_xact_lock(327580665860)`;

/**
 * Closes the gate: waits for running batches, and lets none begin until this transaction ends. It must be the
 * transaction's first act, before any row lock, or it could wait for a batch that waits for it.
 * @throws LetheError `gate_after_write`
 */
export async function closeGate(tx: Tx): Promise<void> {
  const { rows } = await tx.query<{ wrote: boolean }>(sql`
    select pg_current_xact_id_if_assigned() is not null as wrote`);
  if (rows[0]?.wrote) throw new LetheError('gate_after_write');
  await tx.query(sql`select pg_advisory_xact_lock(${GATE}::bigint)`);
}
