import type { Instant } from '../core/instant.js';
import type { Queryable, Row, Tx } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { EpochId } from './epoch-store.js';
import type { EpochState } from './key-store.js';

interface EpochRow extends Row {
  readonly id: string;
  readonly state: EpochState['state'];
  readonly since: Instant;
  readonly emptied_at: Instant | null;
}

export async function epochs(on: Queryable): Promise<readonly EpochState[]> {
  const { rows } = await on.query<EpochRow>(
    sql`select id, state, since, emptied_at from lethe_vault.epoch order by number desc`,
  );
  return rows.map(({ id, state, since, emptied_at: emptiedAt }) => ({ id, state, since, emptiedAt }));
}

export async function beginEpoch(
  tx: Tx,
  id: EpochId,
  instead: EpochId | null,
  at: Instant,
): Promise<boolean> {
  if (instead !== null) {
    const { count } = await tx.query(
      sql`update lethe_vault.epoch set state = 'leaving' where id = ${instead} and state = 'current'`,
    );
    if (count === 0) return false;
  }
  // of several first epochs one gets past the index that knows one current epoch
  const { count } = await tx.query(sql`
    insert into lethe_vault.epoch (id, state, since) values (${id}, 'current', ${at})
    on conflict (state) where state = 'current' do nothing`);
  return count > 0;
}

/** The lock waits for whoever puts keys under it still; then nobody can any more. */
export async function emptied(tx: Tx, id: EpochId, at: Instant): Promise<boolean> {
  const { rows } = await tx.query<Row & { readonly state: EpochState['state'] }>(
    sql`select state from lethe_vault.epoch where id = ${id} for update`,
  );
  const state = rows[0]?.state;
  if (state !== 'leaving') return state === 'empty';
  const { count } = await tx.query(sql`select 1 from lethe_vault.wrapped_key where epoch = ${id} limit 1`);
  const next = count === 0 ? 'empty' : 'leaving';
  await tx.query(sql`update lethe_vault.epoch set state = ${next}, emptied_at = ${at} where id = ${id}`);
  return count === 0;
}

export async function forgetEpoch(on: Queryable, id: EpochId): Promise<void> {
  await on.query(sql`delete from lethe_vault.epoch where id = ${id} and state = 'empty'`);
}
