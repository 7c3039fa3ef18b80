import type { Instant } from '../core/instant.js';
import type { Queryable, Row, Tx } from '../db/database.js';
import { sql } from '../db/sql.js';
import { add, destroy, isCurrent } from './database-wrapped-keys.js';
import type { NamedUse } from './key.js';
import type { NamedVersion, WrappedKey } from './key-store.js';

export async function named(on: Queryable, use: NamedUse): Promise<readonly NamedVersion[]> {
  const { rows } = await on.query<Row & NamedVersion>(sql`
    select use, version, id, since from lethe_vault.named_version
    where use = ${use} and ended_at is null order by version desc`);
  return rows;
}

export async function addNamed(
  tx: Tx,
  { use, version, id, since }: NamedVersion,
  key: WrappedKey,
): Promise<boolean> {
  if (!(await isCurrent(tx, key.epoch))) return false;
  const { count } = await tx.query(sql`
    insert into lethe_vault.named_version (use, version, id, since)
    values (${use}, ${version}, ${id}, ${since}) on conflict do nothing`);
  return count > 0 && (await add(tx, [key]));
}

export async function dropNamed(tx: Tx, use: NamedUse, version: number, at: Instant): Promise<void> {
  const { rows } = await tx.query<Row & { readonly id: string }>(sql`
    update lethe_vault.named_version set ended_at = ${at}
    where use = ${use} and version = ${version} and ended_at is null returning id`);
  await destroy(
    tx,
    rows.map(({ id }) => id),
    at,
  );
}
