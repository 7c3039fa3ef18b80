import type { Queryable, Row, Tx } from '../db/database.js';
import { raw, sql } from '../db/sql.js';
import type { MapGraph } from '../datamap/graph.js';
import { keyAmong } from '../datamap/key-sql.js';
import { indexedColumns, indexStored } from './blind-index.js';
import { keyOf, type PlainRow, type ProtectedTable } from './convert-table.js';
import type { ConvertContext } from './convert-context.js';
import type { IndexEntry } from './encryption.js';
import { writingKeys } from './index-versions.js';
import { countryColumn } from './unindexed-people.js';

/** Makes the people of these rows findable by what was encrypted of them; nothing happens for other tables. */
export async function indexRows(
  tx: Tx,
  { graph, keyring }: Pick<ConvertContext, 'graph' | 'keyring'>,
  table: ProtectedTable,
  rows: readonly PlainRow[],
): Promise<void> {
  if (graph.subject?.table !== table) return;
  const countries = await countriesOf(tx, graph, table, rows);
  const versions = await writingKeys(tx, keyring);
  for (const indexed of indexedColumns(graph)) {
    const entries = rows.flatMap(({ key: row, owner, plain }): IndexEntry[] => {
      const value = plain.find(({ column }) => column === indexed.column)?.value;
      const country = countries.get(row) ?? null;
      return typeof value === 'string' ? [{ ...owner, kind: indexed.kind, value, country }] : [];
    });
    await indexStored(tx, versions, indexed, entries);
  }
}

async function countriesOf(
  tx: Tx,
  graph: MapGraph,
  table: ProtectedTable,
  rows: readonly PlainRow[],
): Promise<ReadonlyMap<string, string>> {
  const column = countryColumn(graph);
  if (!column) return new Map();
  const keys = rows.map(({ key }) => key);
  const { rows: found } = await tx.query<Row & { key: string; country: string }>(sql`
    select ${raw(keyOf(table))}::text as key, this.${raw(column.sql)} as country from ${raw(table.sql)} this
    where ${keyAmong(table, 'this', keys)} and this.${raw(column.sql)} is not null`);
  return new Map(found.map(({ key, country }) => [key, country]));
}

/** People who share with another, in normal form, what nobody is to share. */
export async function sharedIdentifiers(on: Queryable, graph: MapGraph): Promise<number> {
  const kinds = indexedColumns(graph).flatMap(({ kind, isUnique }) => (isUnique ? [kind] : []));
  const { rows } = await on.query<Row & { count: string }>(sql`
    select count(distinct (record, key))::text as count from lethe.blind_index
    where kind = any(${kinds}::text[]) and not is_unique`);
  return Number(rows[0]?.count ?? 0);
}
