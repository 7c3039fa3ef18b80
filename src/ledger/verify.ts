import type { Clock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import type { Database, Row } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { PublicKey } from '../vault/signing-key.js';
import type { Vault } from '../vault/vault.js';
import { blocksFrom, checkpoints, joinedEntry, sealedEntries, type Joined } from './block-store.js';
import { chainEnd } from './chain-end.js';
import { checkKeys } from './key-check.js';
import { ChainCheck, type Finding } from './chain-check.js';
import { sealLedger } from './seal.js';
import { standingOf } from './standing.js';

const PAGE = 100;

export interface Verification {
  readonly ok: boolean;
  readonly blocks: number;
  readonly entries: number;
  /** Entries that wait for their block. */
  readonly unsealed: number;
  /** Number and hash of the last block: noted elsewhere, they show that nothing was cut off. */
  readonly last: { readonly number: number; readonly hash: string | null };
  /** Fingerprints of the keys that signed. */
  readonly keys: readonly string[];
  readonly findings: readonly Finding[];
}

export interface VerifyContext {
  readonly db: Database;
  readonly vault: Vault;
  readonly clock: Clock;
}

/**
 * Verifies the ledger in the database against the vault's keys and its last seal: every entry, every block, the chain, the
 * signatures, what is missing, what is there too much. Seals first what waits, where the chain allows it.
 * @param pinned fingerprints of the keys that alone are trusted
 */
export async function verifyLedger(
  context: VerifyContext,
  pinned: readonly string[] = [],
): Promise<Verification> {
  const { db, vault } = context;
  const notSealed = await sealIfWhole(context);
  const check = new ChainCheck(trustedOf(await vault.publicKeys(), pinned));
  const pruned = await checkpoints(db);
  for (const checkpoint of pruned) check.checkpoint(checkpoint);
  const last = { number: pruned.at(-1)?.block ?? 0, hash: null as string | null };
  for (;;) {
    const blocks = await blocksFrom(db, last.number + 1, PAGE);
    if (blocks.length === 0) break;
    for (const block of blocks) {
      check.block(block, await sealedEntries(db, block.number));
      Object.assign(last, { number: block.number, hash: block.hash });
    }
  }
  await checkEnd(context, check);
  await checkKeys(context, check);
  await checkStrays(db, check);
  const unsealed = await checkUnsealed(db, check);
  if (notSealed !== null && check.findings.length === 0) check.report('the end of the ledger', notSealed);
  const { blocks, entries, findings, usedKeys } = check;
  return { ok: findings.length === 0, blocks, entries, unsealed, last, keys: [...usedKeys], findings };
}

export const trustedOf = (keys: readonly PublicKey[], pinned: readonly string[]): readonly PublicKey[] =>
  pinned.length === 0 ? keys : keys.filter(({ fingerprint }) => pinned.includes(fingerprint));

/** Null when it was sealed; else why not: a restored database stays as it is, a broken chain is not continued. */
async function sealIfWhole(context: VerifyContext): Promise<string | null> {
  try {
    const standing = await standingOf(context.db, context.vault);
    if (standing.is === 'restored')
      return `this database was restored; privacy acts that are missing: ${standing.missing.length}; run \`lethe replay\``;
    await sealLedger(context);
    return null;
  } catch (error) {
    if (
      error instanceof LetheError &&
      ['ledger_broken', 'vault_older', 'backup_too_old'].includes(error.code)
    )
      return error.message;
    throw error;
  }
}

/** The vault's last seal against the block of that number: blocks deleted at the end leave no other trace. */
async function checkEnd({ db, vault }: VerifyContext, check: ChainCheck): Promise<void> {
  const [end, seal] = [await chainEnd(db), await vault.seal()];
  if (!seal) return;
  if (end.number < (seal.after ?? seal).number)
    check.report(
      'the end of the ledger',
      `blocks ${end.number + 1} to ${seal.number} are missing; the vault has sealed them`,
    );
  else if (end.number === seal.number && end.hash !== seal.hash)
    check.report(`block ${end.number}`, 'it is not the block that the vault sealed');
}

/** Rows that belong to no block, and entries that are neither sealed nor on the list of what will be. */
async function checkStrays(db: Database, check: ChainCheck): Promise<void> {
  const { rows: places } = await db.query<Row & { entry_id: string; block: string }>(sql`
    select s.entry_id, s.block from lethe.ledger_sealed s
    where not exists (select from lethe.ledger_block b where b.number = s.block) order by s.block, s.position limit 100`);
  for (const { entry_id, block } of places)
    check.report(`entry ${entry_id}`, `its block ${block} is not there`);
  const { rows: entries } = await db.query<Row & { id: string }>(sql`
    select e.id from lethe.ledger_entry e
    where not exists (select from lethe.ledger_sealed s where s.entry_id = e.id)
      and not exists (select from lethe.ledger_unsealed u where u.entry_id = e.id) order by e.at, e.id limit 100`);
  for (const { id } of entries) check.report(`entry ${id}`, 'it is in no block and does not wait for one');
}

/** What waits for its block has its digest only. */
async function checkUnsealed(db: Database, check: ChainCheck): Promise<number> {
  const { rows } = await db.query<Joined>(sql`
    select u.entry_id, e.id, e.at, e.kind, e.body, e.digest
    from lethe.ledger_unsealed u left join lethe.ledger_entry e on e.id = u.entry_id order by u.place`);
  for (const row of rows) {
    const [where, entry] = [`entry ${row.entry_id} (not sealed yet)`, joinedEntry(row)];
    if (entry) check.entry(where, entry);
    else check.report(where, 'missing');
  }
  return rows.length;
}
