import type { Instant } from '../core/instant.js';
import type { Queryable, Row, Tx } from '../db/database.js';
import { sql } from '../db/sql.js';

/** A key that was ended and is to be destroyed in the vault. */
export interface PendingKey {
  readonly id: string;
  readonly use: 'subject' | 'ticket';
  /** The plan that ended it. */
  readonly plan: string | null;
  /** It was destroyed before, and an older copy of the vault has it again. */
  readonly isBack: boolean;
}

/**
 * Those of one plan or of all. In the order of the index of these few: a plan's own would lead through every key that it has
 * destroyed already, batch after batch.
 */
export async function pendingKeys(
  db: Queryable,
  plan: string | null,
  limit: number,
): Promise<readonly PendingKey[]> {
  const { rows } = await db.query<PendingKey & Row>(sql`
    select id, use, plan_id as plan, back_at is not null as "isBack" from lethe.data_key
    where ended_at is not null and (destroyed_at is null or back_at is not null)
      and ${plan === null ? sql`true` : sql`plan_id = ${plan}`}
    order by plan_id, ended_at limit ${limit}::int`);
  return rows;
}

/** How many wait, by plan, and the longest of them since when; a plan of '' stands for none. */
export async function pendingByPlan(
  db: Queryable,
): Promise<ReadonlyMap<string, { readonly keys: number; readonly since: Instant }>> {
  const { rows } = await db.query<Row & { plan: string; keys: string; since: Instant }>(sql`
    select coalesce(plan_id, '') as plan, count(*) as keys, min(coalesce(back_at, ended_at)) as since
    from lethe.data_key
    where ended_at is not null and (destroyed_at is null or back_at is not null)
    group by 1 order by 1`);
  return new Map(rows.map(({ plan, keys, since }) => [plan, { keys: Number(keys), since }]));
}

/**
 * Notes that the vault has destroyed them; returns, by use, those that nobody had noted yet. In the order of their ids, or two
 * processes that come to the same keys would wait for each other.
 */
export async function noteDestroyed(
  tx: Tx,
  ids: readonly string[],
  isBack: boolean,
  at: Instant,
): Promise<Readonly<Record<string, number>>> {
  const { rows } = await tx.query<Row & { use: string; keys: string }>(sql`
    with mine as (
      select id from lethe.data_key
      where id = any (${ids}::uuid[]) and (destroyed_at is not null) = ${isBack}::boolean
        and (destroyed_at is null or back_at is not null)
      order by id for update
    ), noted as (
      update lethe.data_key k set destroyed_at = coalesce(k.destroyed_at, ${at}::timestamptz), back_at = null
      from mine where k.id = mine.id returning k.use
    )
    select use, count(*) as keys from noted group by use order by use`);
  return Object.fromEntries(rows.map(({ use, keys }) => [use, Number(keys)]));
}

/** The ids destroyed last. */
export async function lastDestroyed(db: Queryable, limit: number): Promise<readonly string[]> {
  const { rows } = await db.query<Row & { id: string }>(sql`
    select id from lethe.data_key where destroyed_at is not null order by destroyed_at desc limit ${limit}::int`);
  return rows.map(({ id }) => id);
}

/** An older copy of the vault may have every key again that was destroyed since: all are to be destroyed once more. */
export async function recallDestroyed(on: Queryable, at: Instant): Promise<number> {
  const { count } = await on.query(sql`
    update lethe.data_key set back_at = ${at}::timestamptz where destroyed_at is not null and back_at is null`);
  return count;
}

/** Whether this database encrypts, or has begun to: where it does not there are no keys to end. */
export async function hasEncryption(on: Queryable): Promise<boolean> {
  return (await on.query(sql`select from lethe.encryption`)).count > 0;
}
