import type { MapColumn, MapGraph, MapTable } from '../datamap/graph.js';
import { keyArray, keyAsText } from '../datamap/key-sql.js';
import type { Row, Tx } from '../db/database.js';
import { empty, raw, sql, type Sql } from '../db/sql.js';
import type { IndexContext, IndexedColumn } from './blind-index.js';
import { decryptValues } from './decrypt-values.js';
import type { IndexEntry, Value } from './encryption.js';
import { lossOf } from './lost-keys.js';

/** What a person is to be found by. */
export interface Person {
  readonly key: string;
  /** One for each indexed column, in their order; null: their key is gone, and with it what they could be found by. */
  readonly entries: readonly IndexEntry[] | null;
}

interface Stored {
  readonly key: string;
  readonly country: string | null;
  readonly values: readonly Value[];
}

const BATCH = 500;
const COUNTRY = 'user.contact.address.country';

/**
 * The next people who are not under this version with all they have, decrypted. Their rows stay locked, so that no correction passes
 * by unseen. Throws as Encryption.decrypt, but for a key that was destroyed, is not in the vault, or is damaged there.
 */
export async function peopleToIndex(
  context: IndexContext,
  tx: Tx,
  indexed: readonly IndexedColumn[],
  from: { readonly version: number; readonly after: string | null },
): Promise<readonly Person[]> {
  const { graph } = context;
  const table = graph.subject?.table;
  if (!table) return [];
  const stored = await lockPeople(tx, graph, table, indexed, from);
  const plain = await plainOf(context, tx, table, indexed, stored);
  return stored.map(({ key, country }, place) => {
    const values = plain[place] ?? null;
    const entryOf = ({ kind }: IndexedColumn, column: number): IndexEntry => {
      const value = values?.[column] ?? null;
      return {
        record: table.concept ?? '',
        key,
        kind,
        value: value === null ? null : String(value),
        country,
      };
    };
    return { key, entries: values && indexed.map(entryOf) };
  });
}

/** What stands in the indexed columns of each; null where the person's key is gone. */
async function plainOf(
  context: IndexContext,
  tx: Tx,
  table: MapTable,
  indexed: readonly IndexedColumn[],
  stored: readonly Stored[],
): Promise<readonly (readonly Value[] | null)[]> {
  try {
    const plain = await decryptValues(context, { last: null }, cellsOf(table, indexed, stored), tx);
    return stored.map((_, place) => plain.slice(place * indexed.length, (place + 1) * indexed.length));
  } catch (error) {
    if (lossOf(error) === null) throw error;
    if (stored.length === 1) return [null];
    const each: (readonly Value[] | null)[] = [];
    for (const one of stored) each.push(...(await plainOf(context, tx, table, indexed, [one])));
    return each;
  }
}

const cellsOf = (table: MapTable, indexed: readonly IndexedColumn[], stored: readonly Stored[]) =>
  stored.flatMap(({ key, values }) =>
    indexed.map(({ column }, place) => ({
      table: table.id,
      column: column.id,
      row: key,
      value: values[place] ?? null,
    })),
  );

async function lockPeople(
  tx: Tx,
  graph: MapGraph,
  table: MapTable,
  indexed: readonly IndexedColumn[],
  { version, after }: { readonly version: number; readonly after: string | null },
): Promise<readonly Stored[]> {
  const order = raw(`this.${table.key[0]?.sql ?? ''}`);
  const beyond = after === null ? empty : sql`and ${order} > ${after}::${raw(keyArray(table).type)}`;
  const columns = indexed.map(({ column }, place) => `this.${column.sql} as value_${place}`).join(', ');
  const country = countryColumn(graph);
  const { rows } = await tx.query<Row & { key: string; country: string | null }>(sql`
    select ${raw(keyAsText(table, 'this'))} as key, ${raw(country ? `this.${country.sql}` : 'null::text')} as country,
      ${raw(columns)}
    from ${raw(table.sql)} this where (${notUnder(table, version)}) ${beyond}
    order by ${order} limit ${BATCH} for share of this`);
  return rows.map((row) => ({
    key: row.key,
    country: row.country,
    values: indexed.map((_, place) => row[`value_${place}`] as Value),
  }));
}

/** They have no row of this version, or one of an older version whose kind is not there in this one. */
function notUnder(table: MapTable, version: number): Sql {
  const person = sql`i.record = ${table.concept} and i.key = ${raw(keyAsText(table, 'this'))}`;
  return sql`
    not exists (select from lethe.blind_index i where ${person} and i.version = ${version})
    or exists (
      select from lethe.blind_index i where ${person} and i.version < ${version} and not exists (
        select from lethe.blind_index n
        where n.record = i.record and n.key = i.key and n.kind = i.kind and n.version = ${version}))`;
}

/** What a phone number without a prefix is read by: the column of the people's table that says so, where it is not encrypted. */
export function countryColumn({ subject }: MapGraph): MapColumn | null {
  const columns = [...(subject?.table.columns.values() ?? [])];
  return columns.find(({ category, isProtected }) => category === COUNTRY && !isProtected) ?? null;
}
