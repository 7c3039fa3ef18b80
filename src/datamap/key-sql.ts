import { sql, type Sql } from '../db/sql.js';
import type { MapTable } from './graph.js';
import type { KeyType } from './schema.js';

/** The array column of `lethe.chunk` that holds a table's keys in their own type. */
export type KeyArray = 'keys_bigint' | 'keys_uuid' | 'keys_text';

const ARRAYS: Readonly<Record<KeyType, { column: KeyArray; type: string }>> = {
  int: { column: 'keys_bigint', type: 'bigint' },
  bigint: { column: 'keys_bigint', type: 'bigint' },
  uuid: { column: 'keys_uuid', type: 'uuid' },
  text: { column: 'keys_text', type: 'text' },
  char: { column: 'keys_text', type: 'text' },
};

/** Where and how the keys of a table travel: single keys in their own type, composite ones as JSON lists. */
export function keyArray({ key }: Pick<MapTable, 'key'>): {
  readonly column: KeyArray;
  readonly type: string;
} {
  const [only] = key;
  return only && key.length === 1 ? ARRAYS[only.type] : { column: 'keys_text', type: 'text' };
}

/** The key of row `alias` as a value of that array. */
export function keyValue(table: MapTable, alias: string): string {
  const { key } = table;
  const [only] = key;
  if (only && key.length === 1) return `${alias}.${only.sql}::${keyArray(table).type}`;
  return `json_build_array(${key.map(({ sql }) => `${alias}.${sql}::text`).join(', ')})::text`;
}

/** The key of row `alias` as text, as `lethe.exception` and `lethe.protection` hold it. */
export const keyAsText = (table: MapTable, alias: string): string =>
  table.key.length === 1 ? `${alias}.${table.key[0]?.sql ?? ''}::text` : keyValue(table, alias);

/** Predicate: row `alias` has one of the keys of `array`, an SQL array expression. */
export const keyIn = (table: MapTable, alias: string, array: string): string =>
  aroundKeys(table, alias).join(array);

/** The same for keys that travel as a parameter: the text does not change with them. */
export const keyAmong = (table: MapTable, alias: string, keys: readonly string[]): Sql =>
  sql(aroundKeys(table, alias), keys);

/** What stands before and after the array of keys. */
function aroundKeys({ key }: MapTable, alias: string): readonly [string, string] {
  const [only] = key;
  if (only && key.length === 1) return [`${alias}.${only.sql} = any(`, `::${ARRAYS[only.type].type}[])`];
  const columns = key.map(({ sql: name }) => `${alias}.${name}`).join(', ');
  const parts = key
    .map(({ type }, index) => `(part->>${index})::${type === 'char' ? 'text' : type}`)
    .join(', ');
  return [`(${columns}) in (select ${parts} from (select unnest(`, `::text[])::json as part) keys)`];
}

/** Join condition: rows `a` and `b` have the same key. */
export const sameKey = ({ key }: MapTable, a: string, b: string): string =>
  key.map(({ sql }) => `${a}.${sql} = ${b}.${sql}`).join(' and ');
