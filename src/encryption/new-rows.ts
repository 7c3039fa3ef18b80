import type { Row, Tx } from '../db/database.js';
import { raw, sql, type Sql } from '../db/sql.js';
import type { Encryption, Owner, Value } from './encryption.js';

/** A row of the help desk that is to be inserted. */
export interface NewRow<V> {
  /** For its key's place in VALUES: the one that the values are bound to, or `default`. */
  readonly key: Sql;
  /** As they are to be stored. */
  readonly values: V;
}

/**
 * Rows of a table of the help desk that belong to one owner, ready to be inserted. Where encryption is on their keys are drawn
 * before, because the values are bound to them; where it is off nothing is asked of the database.
 * @throws LetheError as Encryption.encrypt
 */
export async function newRows<V extends Readonly<Record<string, Value>>>(
  encryption: Encryption,
  tx: Tx,
  { table, owner }: { readonly table: string; readonly owner: Owner },
  rows: readonly V[],
): Promise<readonly NewRow<V>[]> {
  if (rows.length === 0 || !(await encryption.isOn(tx)))
    return rows.map((values) => ({ key: raw('default'), values }));
  const keys = await drawKeys(tx, table, rows.length);
  const ready: NewRow<V>[] = [];
  for (const [index, values] of rows.entries()) {
    const row = keys[index] ?? '';
    const encrypted = await encryption.encrypt(tx, { table, row, owner }, values);
    ready.push({ key: sql`${row}::bigint`, values: encrypted });
  }
  return ready;
}

/** The same for one row. */
export async function newRow<V extends Readonly<Record<string, Value>>>(
  encryption: Encryption,
  tx: Tx,
  place: { readonly table: string; readonly owner: Owner },
  values: V,
): Promise<NewRow<V>> {
  const [row] = await newRows(encryption, tx, place, [values]);
  if (!row) throw new TypeError('one row was asked for');
  return row;
}

/** Keys from the sequence of a table of the help desk. */
export async function drawKeys(tx: Tx, table: string, count: number): Promise<readonly string[]> {
  const { rows } = await tx.query<Row & { id: string }>(sql`
    select nextval(pg_get_serial_sequence(${`desk.${table}`}, 'id')) as id from generate_series(1, ${count}::int)`);
  return rows.map(({ id }) => id);
}
