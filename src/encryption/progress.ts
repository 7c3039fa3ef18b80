import type { Queryable, Row, Tx } from '../db/database.js';
import { sql } from '../db/sql.js';

/** How far the first encryption of a table has come. */
export interface TableProgress {
  /** Key of the last row that was looked at; null: none yet. */
  readonly after: string | null;
  readonly isDone: boolean;
}

/** Claims the table until the transaction ends: of two processes that encrypt at once the second goes on after the first. */
export async function lockProgress(tx: Tx, table: string): Promise<TableProgress> {
  await tx.query(
    sql`insert into lethe.encryption_progress (table_id) values (${table}) on conflict do nothing`,
  );
  const { rows } = await tx.query<Row & { after_key: string | null; done: boolean }>(sql`
    select after_key, done from lethe.encryption_progress where table_id = ${table} for update`);
  const [{ after_key: after, done: isDone } = { after_key: null, done: false }] = rows;
  return { after, isDone };
}

/** @param after null: no row comes after the last one */
export async function advance(tx: Tx, table: string, after: string | null, rows: number): Promise<void> {
  await tx.query(sql`
    update lethe.encryption_progress
    set after_key = coalesce(${after}, after_key), done = ${after === null}, row_count = row_count + ${rows}
    where table_id = ${table}`);
}

/** Rows encrypted so far, by table. */
export async function encryptedRows(on: Queryable): Promise<Readonly<Record<string, number>>> {
  const { rows } = await on.query<Row & { table_id: string; row_count: string }>(sql`
    select table_id, row_count::text as row_count from lethe.encryption_progress order by table_id`);
  return Object.fromEntries(rows.map(({ table_id, row_count }) => [table_id, Number(row_count)]));
}

/** From the first row again; how many were encrypted is counted on. */
export async function beginAgain(tx: Tx, table: string): Promise<void> {
  await tx.query(sql`
    update lethe.encryption_progress set after_key = null, done = false where table_id = ${table}`);
}
