import type { Queryable, Row, Tx } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { PublicKey } from '../vault/signing-key.js';
import type { StoredBlock, StoredCheckpoint, StoredEntry } from './block.js';

interface BlockRow extends Row {
  readonly number: string;
  readonly body: string;
  readonly hash: string;
  readonly signature: string;
}

const toBlock = ({ number, body, hash, signature }: BlockRow): StoredBlock => ({
  number: Number(number),
  body,
  hash,
  signature,
});

/** Up to `limit` blocks from a number on, in order. */
export async function blocksFrom(
  db: Queryable,
  number: number,
  limit: number,
): Promise<readonly StoredBlock[]> {
  const { rows } = await db.query<BlockRow>(sql`
    select number, body, hash, signature from lethe.ledger_block
    where number >= ${number}::bigint order by number limit ${limit}::int`);
  return rows.map(toBlock);
}

export async function lastBlock(db: Queryable): Promise<StoredBlock | null> {
  const { rows } = await db.query<BlockRow>(sql`
    select number, body, hash, signature from lethe.ledger_block order by number desc limit 1`);
  return rows[0] ? toBlock(rows[0]) : null;
}

export async function findBlock(db: Queryable, number: number): Promise<StoredBlock | null> {
  const [block] = await blocksFrom(db, number, 1);
  return block?.number === number ? block : null;
}

/** Every checkpoint that was ever made, in order. */
export async function checkpoints(db: Queryable): Promise<readonly StoredCheckpoint[]> {
  const { rows } = await db.query<Row & { block: string; body: string; signature: string }>(sql`
    select block, body, signature from lethe.ledger_checkpoint order by block`);
  return rows.map((row) => ({ ...row, block: Number(row.block) }));
}

/** The checkpoint that the remaining blocks follow. */
export async function lastCheckpoint(db: Queryable): Promise<StoredCheckpoint | null> {
  return (await checkpoints(db)).at(-1) ?? null;
}

/** An entry from the right side of a left join: all its columns are null where there is none. */
export type Joined = Row & { readonly entry_id: string } & {
  readonly [column in keyof StoredEntry]: StoredEntry[column] | null;
};

/** The entry of such a row, if there is one. */
export function joinedEntry({ id, at, kind, body, digest }: Joined): StoredEntry | null {
  return id === null ? null : ({ id, at, kind, body, digest } as StoredEntry);
}

/** A place in a block, and the entry that stands there; null where it should and does not. */
export interface SealedEntry {
  readonly id: string;
  readonly position: number;
  readonly entry: StoredEntry | null;
}

/** What a block seals, in order. */
export async function sealedEntries(db: Queryable, block: number): Promise<readonly SealedEntry[]> {
  const { rows } = await db.query<Joined & { position: number }>(sql`
    select s.entry_id, s.position, e.id, e.at, e.kind, e.body, e.digest
    from lethe.ledger_sealed s left join lethe.ledger_entry e on e.id = s.entry_id
    where s.block = ${block}::bigint order by s.position`);
  return rows.map((row) => ({ id: row.entry_id, position: row.position, entry: joinedEntry(row) }));
}

export interface UnsealedEntry extends StoredEntry {
  /** bigint as text */
  readonly place: string;
}

/** Committed entries that no block holds yet, in the order they were inserted. */
export async function unsealedEntries(db: Queryable, limit: number): Promise<readonly UnsealedEntry[]> {
  const { rows } = await db.query<UnsealedEntry>(sql`
    select u.place, e.id, e.at, e.kind, e.body, e.digest
    from lethe.ledger_unsealed u join lethe.ledger_entry e on e.id = u.entry_id
    order by u.place limit ${limit}::int`);
  return rows;
}

/** Stores a block with its entries' places, and takes these off the list of what is to be sealed. */
export async function insertBlock(
  tx: Tx,
  block: StoredBlock,
  key: PublicKey,
  entries: readonly UnsealedEntry[],
): Promise<void> {
  await tx.query(sql`
    insert into lethe.ledger_key (fingerprint, public_key) values (${key.fingerprint}, ${key.publicKey})
    on conflict do nothing`);
  await tx.query(sql`
    insert into lethe.ledger_block (number, body, hash, signature)
    values (${block.number}::bigint, ${block.body}, ${block.hash}, ${block.signature})`);
  await tx.query(sql`
    insert into lethe.ledger_sealed (entry_id, block, position)
    select id, ${block.number}::bigint, (position - 1)::int
    from unnest(${entries.map(({ id }) => id)}::text[]) with ordinality sealed(id, position)`);
  await tx.query(sql`
    delete from lethe.ledger_unsealed where place = any(${entries.map(({ place }) => place)}::bigint[])`);
}

/** Public keys that the database names. */
export async function storedKeys(db: Queryable): Promise<readonly PublicKey[]> {
  const { rows } = await db.query<Row & { fingerprint: string; public_key: string }>(sql`
    select fingerprint, public_key from lethe.ledger_key order by fingerprint`);
  return rows.map(({ fingerprint, public_key }) => ({ fingerprint, publicKey: public_key }));
}

/** Those of the ids that are ledger entries. */
export async function presentEntries(db: Queryable, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const { rows } = await db.query<Row & { id: string }>(sql`
    select id from lethe.ledger_entry where id = any(${ids}::text[])`);
  return new Set(rows.map(({ id }) => id));
}
