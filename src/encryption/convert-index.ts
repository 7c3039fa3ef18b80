import type { Queryable, Row, Tx } from '../db/database.js';
import { raw, sql } from '../db/sql.js';
import type { MapGraph } from '../datamap/graph.js';
import { keyAmong } from '../datamap/key-sql.js';
import { digestOfForm, indexedColumns, type IndexedColumn } from './blind-index.js';
import { keyOf, type PlainRow, type ProtectedTable } from './convert-table.js';
import type { ConvertContext } from './convert-context.js';
import { writingKeys } from './index-versions.js';
import { normalForm } from './normal-forms.js';

const COUNTRY = 'user.contact.address.country';

interface Digest {
  readonly version: number;
  readonly digest: Uint8Array;
  readonly record: string;
  readonly key: string;
}

/** Makes the people of these rows findable by what was encrypted of them; nothing happens for other tables. */
export async function indexRows(
  tx: Tx,
  { graph, keyring }: Pick<ConvertContext, 'graph' | 'keyring'>,
  table: ProtectedTable,
  rows: readonly PlainRow[],
): Promise<void> {
  if (graph.subject?.table !== table) return;
  const countries = await countriesOf(tx, table, rows);
  const versions = await writingKeys(tx, keyring);
  for (const indexed of indexedColumns(graph)) {
    const digests = rows.flatMap(({ key: row, owner, plain }) => {
      const found = plain.find(({ column }) => column === indexed.column);
      if (typeof found?.value !== 'string') return [];
      const form = normalForm(indexed.kind, found.value, countries.get(row) ?? null);
      if (form === null) return [];
      return versions.map((key) => ({
        ...owner,
        version: key.version,
        digest: digestOfForm(key, indexed.kind, form),
      }));
    });
    if (digests.length > 0) await storeDigests(tx, indexed, digests);
  }
}

/**
 * Two people whom the database told apart can be one in normal form: a space before an address, a letter that lower() does not fold.
 * The first has the unique entry; the others are found too, and nobody is turned away.
 */
async function storeDigests(
  tx: Tx,
  { kind, isUnique }: IndexedColumn,
  all: readonly Digest[],
): Promise<void> {
  const rows = sql`unnest(${all.map((one) => one.version)}::int[], ${all.map((one) => one.digest)}::bytea[],
    ${all.map((one) => one.record)}::text[], ${all.map((one) => one.key)}::text[]) d(version, digest, record, key)`;
  await tx.query(sql`
    delete from lethe.blind_index b using ${rows} where b.kind = ${kind} and b.record = d.record and b.key = d.key`);
  await tx.query(sql`
    insert into lethe.blind_index (kind, version, digest, record, key, is_unique)
    select ${kind}, version, digest, record, key, ${isUnique} from ${rows} on conflict do nothing`);
  if (isUnique)
    await tx.query(sql`
      insert into lethe.blind_index (kind, version, digest, record, key, is_unique)
      select ${kind}, version, digest, record, key, false from ${rows} on conflict do nothing`);
}

async function countriesOf(
  tx: Tx,
  table: ProtectedTable,
  rows: readonly PlainRow[],
): Promise<ReadonlyMap<string, string>> {
  const column = [...table.columns.values()].find(({ category }) => category === COUNTRY);
  if (!column || column.isProtected) return new Map();
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
