import type { Instant } from '../core/instant.js';
import type { Queryable, Row, Tx } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { Purpose } from '../policy/purposes.js';
import type { Scope } from './scopes.js';
import type { CheckedOrder } from './token-order.js';

/** A token that is good now. */
export interface GoodToken {
  readonly id: string;
  readonly actor: string;
  readonly roles: readonly string[];
  readonly purposes: readonly Purpose[];
  readonly scopes: readonly Scope[];
  /** `2026-11-21`, in UTC; null: never. */
  readonly last_used_on: string | null;
}

/** Unknown, expired and revoked are one answer, from one statement: nothing. */
export async function findGoodToken(db: Queryable, hash: string, now: Instant): Promise<GoodToken | null> {
  const { rows } = await db.query<GoodToken & Row>(sql`
    select id, actor, roles, purposes, scopes, last_used_on
    from lethe.token
    where hash = ${hash} and revoked_at is null and expires_at > ${now}::timestamptz`);
  return rows[0] ?? null;
}

export async function markUsed(db: Queryable, id: string, day: string): Promise<void> {
  await db.query(sql`
    update lethe.token set last_used_on = ${day}::date
    where id = ${id} and (last_used_on is null or last_used_on < ${day}::date)`);
}

export interface NewToken extends CheckedOrder {
  readonly id: string;
  readonly hash: string;
  readonly createdAt: Instant;
  readonly createdBy: string;
}

export async function insertToken(tx: Tx, token: NewToken): Promise<void> {
  const { id, hash, actor, roles, purposes, scopes, createdAt, createdBy, expiresAt } = token;
  await tx.query(sql`
    insert into lethe.token (id, hash, actor, roles, purposes, scopes, created_at, created_by, expires_at)
    values (${id}, ${hash}, ${actor}, ${roles}::text[], ${purposes}::text[], ${scopes}::text[],
      ${createdAt}::timestamptz, ${createdBy}, ${expiresAt}::timestamptz)`);
}

/** Whose token it was; null when there is none that is not revoked yet. */
export async function endToken(tx: Tx, id: string, by: string, now: Instant): Promise<string | null> {
  const { rows } = await tx.query<Row & { actor: string }>(sql`
    update lethe.token set revoked_at = ${now}::timestamptz, revoked_by = ${by}
    where id = ${id} and revoked_at is null
    returning actor`);
  return rows[0]?.actor ?? null;
}

export interface TokenRow {
  readonly id: string;
  readonly actor: string;
  readonly roles: readonly string[];
  readonly purposes: readonly Purpose[];
  readonly scopes: readonly Scope[];
  readonly created_at: Instant;
  readonly expires_at: Instant;
  readonly revoked_at: Instant | null;
  readonly last_used_on: string | null;
}

/** Oldest first. */
export async function allTokens(db: Queryable): Promise<readonly TokenRow[]> {
  const { rows } = await db.query<TokenRow & Row>(sql`
    select id, actor, roles, purposes, scopes, created_at, expires_at, revoked_at, last_used_on
    from lethe.token
    order by created_at, id`);
  return rows;
}
