import type { Instant } from '../core/instant.js';
import type { Queryable, Row, Tx } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { OpenKey } from '../keys/key.js';
import type { Keyring } from '../keys/keyring.js';
import type { Owner } from './encryption.js';
import type { Standing } from './state.js';

type Use = 'subject' | 'ticket';
type KeyRow = Row & { id: string; key: string };

/** Several owners of one kind. */
export interface Owners {
  /** Record name. */
  readonly record: string;
  readonly keys: readonly string[];
  /** Of persons, or of what belongs to a ticket. */
  readonly use: Use;
}

/** Whether there is encryption, and the owner's living key, in one question; null: it is off. */
export async function standingOf(
  on: Queryable,
  { record, key }: Owner,
): Promise<(Standing & { readonly keyId: string | null }) | null> {
  const { rows } = await on.query<
    Row & { state: 'converting' | 'on'; map_id: string; id: string | null }
  >(sql`
    select e.state, e.map_id, d.id from lethe.encryption e
    left join lethe.data_key d on d.record = ${record} and d.key = ${key} and d.ended_at is null`);
  const [row] = rows;
  return row ? { state: row.state, map: row.map_id, keyId: row.id } : null;
}

/**
 * The living key of each owner, made where there is none.
 * @throws LetheError as Keyring.open
 */
export async function ownerKeys(
  tx: Tx,
  keyring: Keyring,
  owners: Owners,
  at: Instant,
): Promise<ReadonlyMap<string, OpenKey>> {
  const known = new Map(await livingKeys(tx, owners.record, owners.keys));
  return withMade(tx, keyring, owners, at, known);
}

/** The same for owners who had none a moment ago. */
export const newOwnerKeys = (
  tx: Tx,
  keyring: Keyring,
  owners: Owners,
  at: Instant,
): Promise<ReadonlyMap<string, OpenKey>> => withMade(tx, keyring, owners, at, new Map());

/**
 * Keys are made in the vault first, then noted in lethe.data_key. Of two transactions that make one at once the second waits for the
 * first, and takes the key that won; its own stays in the vault and encrypts nothing.
 */
async function withMade(
  tx: Tx,
  keyring: Keyring,
  owners: Owners,
  at: Instant,
  known: Map<string, string>,
): Promise<ReadonlyMap<string, OpenKey>> {
  const wanted = [...new Set(owners.keys)].sort(); // in one order, or two transactions could wait for each other
  for (let missing = without(wanted, known); missing.length > 0; missing = without(wanted, known)) {
    const made = await keyring.make(owners.use, missing.length);
    for (const [key, id] of await claim(tx, made, { ...owners, keys: missing }, at)) known.set(key, id);
    const lost = without(missing, known);
    if (lost.length === 0) break;
    // in READ COMMITTED a new statement sees who won; one that was ended meanwhile is made again
    for (const [key, id] of await livingKeys(tx, owners.record, lost)) known.set(key, id);
  }
  return openedKeys(keyring, known);
}

const without = (wanted: readonly string[], known: ReadonlyMap<string, string>): readonly string[] =>
  wanted.filter((key) => !known.has(key));

async function openedKeys(
  keyring: Keyring,
  ids: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, OpenKey>> {
  const opened = await keyring.open([...ids.values()]);
  return new Map(
    [...ids].flatMap(([key, id]) => {
      const open = opened.get(id);
      return open ? [[key, open] as const] : [];
    }),
  );
}

async function livingKeys(
  on: Queryable,
  record: string,
  keys: readonly string[],
): Promise<readonly (readonly [string, string])[]> {
  const { rows } = await on.query<KeyRow>(sql`
    select id, key from lethe.data_key
    where record = ${record} and key = any(${keys}::text[]) and ended_at is null`);
  return rows.map(({ id, key }) => [key, id]);
}

/** Notes whose they are; returns those that were first. */
async function claim(
  tx: Tx,
  made: readonly OpenKey[],
  { record, keys, use }: Owners,
  at: Instant,
): Promise<readonly (readonly [string, string])[]> {
  const ids = made.map(({ id }) => id);
  const { rows } = await tx.query<KeyRow>(sql`
    insert into lethe.data_key (id, use, record, key, made_at)
    select made.id, ${use}, ${record}, made.key, ${at}::timestamptz
    from unnest(${ids}::uuid[], ${keys}::text[]) made(id, key)
    on conflict (record, key) where ended_at is null do nothing
    returning id, key`);
  return rows.map(({ id, key }) => [key, id]);
}

/** Those of the ids that are keys of this database, living or not. */
export async function dataKeysAmong(on: Queryable, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await on.query<Row & { id: string }>(sql`
    select id from lethe.data_key where id = any(${ids}::uuid[])`);
  return new Set(rows.map(({ id }) => id));
}
