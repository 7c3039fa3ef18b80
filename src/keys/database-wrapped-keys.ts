import type { Instant } from '../core/instant.js';
import type { Queryable, Row, Tx } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { EpochId } from './epoch-store.js';
import type { KeyId, KeyUse } from './key.js';
import { epochOf, type WrappedKey } from './key-store.js';

/** Advisory lock number in the vault's database ("LETH", then 6): destructions are committed in the order of their positions. */
const DESTROYING = 0x4c455448_06n.toString();
const AT_A_TIME = 10_000;

interface KeyRow extends Row {
  readonly id: string;
  readonly use: KeyUse;
  readonly epoch: string;
  readonly wrapped: Uint8Array;
}

export async function find(on: Queryable, ids: readonly KeyId[]): Promise<ReadonlyMap<KeyId, WrappedKey>> {
  const { rows } = await on.query<KeyRow>(
    sql`select id, use, epoch, wrapped from lethe_vault.wrapped_key where id = any (${ids}::uuid[])`,
  );
  return new Map(rows.map((row) => [row.id, row]));
}

/** Whoever ends the epoch waits for this transaction, and this one for whoever is ending it. */
export async function isCurrent(tx: Tx, epoch: EpochId): Promise<boolean> {
  const { count } = await tx.query(
    sql`select 1 from lethe_vault.epoch where id = ${epoch} and state = 'current' for share`,
  );
  return count > 0;
}

export async function add(tx: Tx, keys: readonly WrappedKey[]): Promise<boolean> {
  if (keys.length === 0) return true;
  if (!(await isCurrent(tx, epochOf(keys)))) return false;
  await tx.query(sql`
    insert into lethe_vault.wrapped_key (id, use, epoch, wrapped)
    select * from unnest(${keys.map(({ id }) => id)}::uuid[], ${keys.map(({ use }) => use)}::text[],
                         ${keys.map(({ epoch }) => epoch)}::uuid[], ${keys.map(({ wrapped }) => wrapped)}::bytea[])`);
  return true;
}

/** Rows are locked in the order of their ids, as a rotation does: neither waits for the other in a circle. */
export async function destroy(tx: Tx, ids: readonly KeyId[], at: Instant): Promise<void> {
  if (ids.length === 0) return;
  // before the positions are drawn: a reader that saw one has seen every lower one
  await tx.query(sql`select pg_advisory_xact_lock(${DESTROYING}::bigint)`);
  await tx.query(sql`
    with gone as (
      select id from lethe_vault.wrapped_key where id = any (${ids}::uuid[]) order by id for update
    )
    delete from lethe_vault.wrapped_key k using gone where k.id = gone.id`);
  await tx.query(sql`
    insert into lethe_vault.destroyed_key (id, at)
    select distinct id, greatest(${at}::timestamptz, (select since from lethe_vault.epoch where state = 'current'))
    from unnest(${ids}::uuid[]) id on conflict (id) do nothing`);
}

export async function destroyed(on: Queryable, ids: readonly KeyId[]): Promise<ReadonlyMap<KeyId, Instant>> {
  const { rows } = await on.query<Row & { readonly id: string; readonly at: Instant }>(
    sql`select id, at from lethe_vault.destroyed_key where id = any (${ids}::uuid[])`,
  );
  return new Map(rows.map(({ id, at }) => [id, at]));
}

export async function destroyedSince(
  on: Queryable,
  position: number,
): Promise<{ readonly ids: readonly KeyId[]; readonly position: number }> {
  const { rows } = await on.query<Row & { readonly position: string; readonly id: string }>(sql`
    select position, id from lethe_vault.destroyed_key
    where position > ${position}::bigint order by position limit ${AT_A_TIME}`);
  return { ids: rows.map(({ id }) => id), position: Number(rows.at(-1)?.position ?? position) };
}

export async function lastDestroyed(on: Queryable): Promise<number> {
  const { rows } = await on.query<Row & { readonly last: string | null }>(
    sql`select max(position) as last from lethe_vault.destroyed_key`,
  );
  return Number(rows[0]?.last ?? 0);
}

export async function firstDestroyed(on: Queryable, from: Instant): Promise<Instant | null> {
  const { rows } = await on.query<Row & { readonly first: Instant | null }>(
    sql`select min(at) as first from lethe_vault.destroyed_key where at >= ${from}::timestamptz`,
  );
  return rows[0]?.first ?? null;
}

export async function page(
  on: Queryable,
  epoch: EpochId,
  after: KeyId | null,
  limit: number,
): Promise<readonly WrappedKey[]> {
  const { rows } = await on.query<KeyRow>(sql`
    select id, use, epoch, wrapped from lethe_vault.wrapped_key
    where epoch = ${epoch} and (${after}::uuid is null or id > ${after}::uuid) order by id limit ${limit}`);
  return rows;
}

/** In a transaction: the epoch's row is held until the keys are under it. */
export async function rewrap(tx: Tx, keys: readonly WrappedKey[], from: EpochId): Promise<number> {
  if (keys.length === 0 || !(await isCurrent(tx, epochOf(keys)))) return 0;
  const { count } = await tx.query(sql`
    with living as (
      select id from lethe_vault.wrapped_key
      where id = any (${keys.map(({ id }) => id)}::uuid[]) and epoch = ${from} order by id for update
    )
    update lethe_vault.wrapped_key k set epoch = n.epoch, wrapped = n.wrapped
    from unnest(${keys.map(({ id }) => id)}::uuid[], ${keys.map(({ epoch }) => epoch)}::uuid[],
                ${keys.map(({ wrapped }) => wrapped)}::bytea[]) n (id, epoch, wrapped)
    join living on living.id = n.id
    where k.id = n.id and k.epoch = ${from}`);
  return count;
}

export async function counts(
  on: Queryable,
): Promise<readonly { readonly epoch: EpochId; readonly use: KeyUse; readonly count: number }[]> {
  const { rows } = await on.query<
    Row & { readonly epoch: string; readonly use: KeyUse; readonly count: string }
  >(
    sql`select epoch, use, count(*) as count from lethe_vault.wrapped_key group by epoch, use order by epoch, use`,
  );
  return rows.map(({ epoch, use, count }) => ({ epoch, use, count: Number(count) }));
}
