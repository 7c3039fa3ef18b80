import type { Instant } from '../core/instant.js';
import type { Queryable, Row, Tx } from '../db/database.js';
import { sql } from '../db/sql.js';
import {
  readBody,
  signedCheckpoint,
  type BlockBody,
  type CheckpointBody,
  type StoredBlock,
} from './block.js';
import { blocksFrom, lastCheckpoint } from './block-store.js';
import { lockSealing } from './locks.js';
import { sealLedger, type SealContext } from './seal.js';

export interface Pruned {
  /** Blocks and entries dropped; the last block's number. */
  readonly blocks: number;
  readonly entries: number;
  readonly upTo: number;
}

/**
 * Drops the blocks, from the first on, whose entries are all older than an instant, with their entries and salts. A signed
 * checkpoint takes their place, and the rest of the chain verifies from it. What is not sealed, or stands behind a younger
 * entry's block, stays.
 */
export async function pruneLedger(context: SealContext, before: Instant): Promise<Pruned> {
  await sealLedger(context);
  return context.db.transaction(async (tx) => {
    await lockSealing(tx);
    const checkpoint = await lastCheckpoint(tx);
    const former = checkpoint ? readBody<CheckpointBody>(checkpoint.body, 'checkpoint') : null;
    const { count, last } = await expiredBlocks(tx, (former?.block ?? 0) + 1, before);
    if (!last) return { blocks: 0, entries: 0, upTo: former?.block ?? 0 };
    const entries = await countEntries(tx, last.number);
    const key = await context.vault.signingKey();
    const body: CheckpointBody = {
      type: 'checkpoint',
      v: 1,
      block: last.number,
      hash: last.hash,
      entries: (former?.entries ?? 0) + entries,
      before,
      key: key.fingerprint,
      madeAt: context.clock.now(),
    };
    const made = signedCheckpoint(body, key);
    await tx.query(sql`
      insert into lethe.ledger_checkpoint (block, body, signature) values (${made.block}::bigint, ${made.body}, ${made.signature})`);
    await dropUpTo(tx, last.number);
    return { blocks: count, entries, upTo: last.number };
  });
}

async function expiredBlocks(
  tx: Tx,
  from: number,
  before: Instant,
): Promise<{ readonly count: number; readonly last: StoredBlock | null }> {
  let [count, last]: [number, StoredBlock | null] = [0, null];
  for (;;) {
    const blocks = await blocksFrom(tx, (last?.number ?? from - 1) + 1, 100);
    for (const block of blocks) {
      const body = readBody<BlockBody>(block.body, 'block');
      if (!body || body.last >= before) return { count, last };
      [count, last] = [count + 1, block];
    }
    if (blocks.length === 0) return { count, last };
  }
}

async function countEntries(db: Queryable, upTo: number): Promise<number> {
  const { rows } = await db.query<Row & { entries: string }>(sql`
    select count(*) as entries from lethe.ledger_sealed where block <= ${upTo}::bigint`);
  return Number(rows[0]?.entries ?? 0);
}

/** Entries before their places: the trigger looks these up. */
async function dropUpTo(tx: Tx, block: number): Promise<void> {
  await tx.query(sql`
    delete from lethe.ledger_salt
    where entry_id in (select entry_id from lethe.ledger_sealed where block <= ${block}::bigint)`);
  await tx.query(sql`
    delete from lethe.ledger_entry
    where id in (select entry_id from lethe.ledger_sealed where block <= ${block}::bigint)`);
  await tx.query(sql`delete from lethe.ledger_sealed where block <= ${block}::bigint`);
  await tx.query(sql`delete from lethe.ledger_block where number <= ${block}::bigint`);
}
