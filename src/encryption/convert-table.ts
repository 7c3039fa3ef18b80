import type { Row, Tx } from '../db/database.js';
import { empty, raw, sql } from '../db/sql.js';
import type { MapColumn, MapTable, ProtectedColumns } from '../datamap/graph.js';
import { keyAmong, keyArray } from '../datamap/key-sql.js';
import { LetheError } from '../core/errors.js';
import type { Owner, Value } from './encryption.js';
import { inTheClear } from './refuse-plaintext.js';

/** Rows of one transaction, and bytes of their values at most: one row is taken however large it is. */
const BATCH_ROWS = 500;
const BATCH_BYTES = 16 * 1024 * 1024;

/** A table that has protected columns. */
export interface ProtectedTable extends MapTable {
  readonly protected: ProtectedColumns;
}

/** A row whose lock is held, as it stands. */
export interface LockedRow {
  readonly key: string;
  /** Null: it belongs to nobody. */
  readonly owner: Owner | null;
  /** By column id. */
  readonly values: Readonly<Record<string, Value>>;
}

/** A row and those of its values that stand in the clear. */
export interface PlainRow {
  readonly key: string;
  readonly owner: Owner;
  readonly row: LockedRow;
  readonly plain: readonly { readonly column: MapColumn; readonly value: string | Uint8Array }[];
}

export const protectedTables = (tables: Iterable<MapTable>): readonly ProtectedTable[] =>
  [...tables].filter((table): table is ProtectedTable => table.protected !== null);

/** Locks the next rows of the table, in the order of their keys; `sweep`: of those alone that have a value in the clear. */
export async function lockNext(
  tx: Tx,
  table: ProtectedTable,
  after: string | null,
  which: 'all' | 'sweep',
): Promise<readonly LockedRow[]> {
  const keys = await nextKeys(tx, table, after, which);
  if (keys.length === 0) return [];
  const columns = [...table.protected.columns];
  const { rows } = await tx.query(sql`
    select ${raw(keyOf(table))}::text as key, ${raw(selected(table, columns))}
    from ${raw(table.sql)} this where ${keyAmong(table, 'this', keys)} order by ${raw(keyOf(table))} for no key update of this`);
  return rows.map((row) => lockedRow(table, row));
}

async function nextKeys(
  tx: Tx,
  table: ProtectedTable,
  after: string | null,
  which: 'all' | 'sweep',
): Promise<readonly string[]> {
  const key = keyOf(table);
  const sizes = table.protected.columns.map((column) => `coalesce(octet_length(this.${column.sql}), 0)`);
  const beyond = after === null ? empty : sql`and ${raw(key)} > ${after}::${raw(keyArray(table).type)}`;
  const filter = which === 'sweep' ? `(${inTheClear(table, 'this')})` : 'true';
  const { rows } = await tx.query<Row & { key: string }>(sql`
    select key::text as key from (
      select key, row_number() over w as place, sum(bytes) over w as bytes
      from (select ${raw(key)} as key, ${raw(sizes.join(' + '))} as bytes from ${raw(table.sql)} this
            where ${raw(filter)} ${beyond} order by ${raw(key)} limit ${BATCH_ROWS}) next
      window w as (order by key)
    ) sized where place = 1 or bytes <= ${BATCH_BYTES} order by sized.key`);
  return rows.map((row) => row.key);
}

function lockedRow({ protected: { columns, owners } }: ProtectedTable, row: Row): LockedRow {
  const found = owners.findIndex((_, index) => row[`owner_${index}`] !== null);
  const record = owners[found]?.record;
  return {
    key: String(row['key']),
    owner: record === undefined ? null : { record, key: String(row[`owner_${found}`]) },
    values: Object.fromEntries(columns.map(({ id }, index) => [id, row[`value_${index}`] as Value])),
  };
}

const selected = ({ protected: { owners } }: ProtectedTable, columns: readonly MapColumn[]): string =>
  [
    ...owners.map(({ keySql }, index) => `${keySql}::text as owner_${index}`),
    ...columns.map((column, index) => `this.${column.sql} as value_${index}`),
  ].join(', ');

/** Stores values of locked rows; a column that a row does not name stays as it is. */
export async function storeValues(
  tx: Tx,
  table: ProtectedTable,
  rows: readonly { readonly key: string; readonly values: Readonly<Record<string, Value>> }[],
): Promise<void> {
  if (rows.length === 0) return;
  const { columns } = table.protected;
  const arrays = columns.map(({ id, type }) => {
    const values = rows.map(({ values: stored }) => stored[id] ?? null);
    return type === 'bytes' ? sql`${values}::bytea[]` : sql`${values}::text[]`;
  });
  const keys = rows.map(({ key }) => key);
  const names = columns.map((_, index) => `value_${index}`).join(', ');
  const sets = columns.map(
    ({ sql: name }, index) => `${name} = coalesce(stored.value_${index}, this.${name})`,
  );
  const lists = arrays.slice(1).reduce((sofar, next) => sql`${sofar}, ${next}`, arrays[0] ?? sql`null`);
  await tx.query(sql`
    update ${raw(table.sql)} this set ${raw(sets.join(', '))}
    from unnest(${keys}::${raw(keyArray(table).type)}[], ${lists}) stored(key, ${raw(names)})
    where ${raw(keyOf(table))} = stored.key`);
}

/**
 * Rows whose owner the map's SQL does not name. There is nobody with whom their key would go, so they can neither be encrypted nor,
 * once everything is, stay in the clear. In the native map foreign keys leave no such row.
 * @throws LetheError `value_unowned`
 */
export async function requireOwners(on: Pick<Tx, 'query'>, tables: readonly ProtectedTable[]): Promise<void> {
  const found: string[] = [];
  for (const table of tables) {
    const nobody = table.protected.owners.map(({ keySql }) => `${keySql} is null`).join(' and ');
    const { rows } = await on.query<Row & { count: string }>(sql`
      select count(*)::text as count from ${raw(table.sql)} this where ${raw(nobody)}`);
    const [{ count } = { count: '0' }] = rows;
    if (count !== '0') found.push(`${table.id}: ${count}`);
  }
  if (found.length > 0) throw new LetheError('value_unowned', { rows: found.join(', ') });
}

export const keyOf = ({ key: [key] }: MapTable): string => `this.${key?.sql ?? ''}`;
