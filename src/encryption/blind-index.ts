import { createHmac } from 'node:crypto';
import { canonicalJson } from '../core/canonical-json.js';
import { LetheError } from '../core/errors.js';
import type { MapColumn, MapGraph } from '../datamap/graph.js';
import { isIndexKind } from '../datamap/index-kinds.js';
import type { Queryable, Row, Tx } from '../db/database.js';
import { sqlstateOf } from '../db/failures.js';
import { sql, type Sql } from '../db/sql.js';
import type { Keyring, NamedKey } from '../keys/keyring.js';
import type { IndexEntry } from './encryption.js';
import { readingKeys, writingKeys } from './index-versions.js';
import { NORMAL_FORM, normalForm, searchedForms, type IndexKind } from './normal-forms.js';
import { encryptionState } from './state.js';

/** A protected column of the people's table that they are found by. */
export interface IndexedColumn {
  readonly kind: IndexKind;
  readonly column: MapColumn;
  /** Whether two people may not have the same. */
  readonly isUnique: boolean;
}

export interface IndexContext {
  readonly graph: MapGraph;
  readonly keyring: Keyring | null;
}

/** What the map's people are found by although it is encrypted. */
export function indexedColumns({ subject, file }: MapGraph): readonly IndexedColumn[] {
  if (!subject) return [];
  const { table, identifiers } = subject;
  return identifiers.flatMap(({ kind, table: its, column: name }) => {
    const column = [...table.columns.values()].find((one) => one.name === name);
    if (its !== table || !column?.isProtected || !isIndexKind(kind)) return [];
    return { kind, column, isUnique: file.tables[table.id]?.columns?.[column.id]?.unique !== undefined };
  });
}

/** HMAC-SHA-256 under the index key, of kind, number of the normal form, and the value in it. */
export const digestOfForm = ({ secret }: NamedKey, kind: IndexKind, form: string): Buffer =>
  createHmac('sha256', secret)
    .update(canonicalJson([kind, NORMAL_FORM[kind], form]))
    .digest();

/** Digests of every form that the wanted value can have been stored in; null where encryption is off. */
export async function searchDigests(
  { keyring }: IndexContext,
  on: Queryable,
  wanted: { readonly kind: IndexKind; readonly value: string; readonly country: string | null },
): Promise<readonly Uint8Array[] | null> {
  if ((await encryptionState(on)) === 'off') return null;
  if (!keyring) throw new LetheError('keys_unset');
  const forms = searchedForms(wanted.kind, wanted.value, wanted.country);
  if (forms.length === 0) return [];
  const keys = await readingKeys(keyring);
  return keys.flatMap((key) => forms.map((form) => digestOfForm(key, wanted.kind, form)));
}

/** Makes a person findable by a value, or not any more. False, and nothing is stored: somebody else has it. */
export async function indexPerson(
  { graph, keyring }: IndexContext,
  tx: Tx,
  entry: IndexEntry,
): Promise<boolean> {
  const indexed = indexedColumns(graph).find(({ kind }) => kind === entry.kind);
  if (!indexed || (await encryptionState(tx)) === 'off') return true;
  if (!keyring) throw new LetheError('keys_unset');
  const rows = rowsOf(await writingKeys(tx, keyring), entry);
  if (rows.length === 0) await forget(tx, [entry]);
  else if (indexed.isUnique) return unlessTaken(tx, () => upsert(tx, rows, true));
  else await upsert(tx, rows, false);
  return true;
}

/**
 * Makes people findable by what is stored of them, each once by a column, under every living version: while people are indexed anew,
 * readers know the old one, or the new one, or both. Two whom the database told apart can be one in normal form: a space before an
 * address, a letter that lower() does not fold. The first has the unique entry; the others are found too, and nobody is turned away.
 * @param keys newest first
 * @returns how many have what is somebody else's, too
 */
export async function indexStored(
  tx: Tx,
  keys: readonly NamedKey[],
  { isUnique }: IndexedColumn,
  entries: readonly IndexEntry[],
): Promise<number> {
  const rows = entries.flatMap((entry) => rowsOf(keys, entry));
  await forget(tx, entries);
  await insert(tx, rows, isUnique);
  if (!isUnique) return 0;
  const shared = await insert(tx, rows, false);
  return shared.filter((version) => version === keys[0]?.version).length;
}

interface IndexRow extends IndexEntry {
  readonly version: number;
  readonly digest: Uint8Array;
}

/** Under every living version; none where there is no value, or none that anybody could be found by. */
function rowsOf(keys: readonly NamedKey[], entry: IndexEntry): readonly IndexRow[] {
  const form = entry.value === null ? null : normalForm(entry.kind, entry.value, entry.country);
  if (form === null) return [];
  return keys.map((key) => ({ ...entry, version: key.version, digest: digestOfForm(key, entry.kind, form) }));
}

async function upsert(tx: Tx, rows: readonly IndexRow[], isUnique: boolean): Promise<void> {
  await tx.query(sql`
    ${inserting(rows, isUnique)}
    on conflict (record, key, kind, version) do update set digest = excluded.digest, is_unique = excluded.is_unique`);
}

/** Those that nothing is in the way of; returns their versions. */
async function insert(tx: Tx, rows: readonly IndexRow[], isUnique: boolean): Promise<readonly number[]> {
  if (rows.length === 0) return [];
  const stored = await tx.query<Row & { version: number }>(
    sql`${inserting(rows, isUnique)} on conflict do nothing returning version`,
  );
  return stored.rows.map(({ version }) => version);
}

const inserting = (rows: readonly IndexRow[], isUnique: boolean): Sql => sql`
  insert into lethe.blind_index (kind, version, digest, record, key, is_unique)
  select kind, version, digest, record, key, ${isUnique}
  from unnest(
    ${rows.map(({ kind }) => kind)}::text[], ${rows.map(({ version }) => version)}::int[],
    ${rows.map(({ digest }) => digest)}::bytea[], ${rows.map(({ record }) => record)}::text[],
    ${rows.map(({ key }) => key)}::text[]) made(kind, version, digest, record, key)`;

const UNIQUE_VIOLATION = '23505';

/** The unique index alone knows who was first, also of two at once; what it refuses must not end the caller's transaction. */
async function unlessTaken(tx: Tx, work: () => Promise<void>): Promise<boolean> {
  await tx.script('savepoint lethe_index');
  try {
    await work();
    await tx.script('release lethe_index');
    return true;
  } catch (failure) {
    if (sqlstateOf(failure) !== UNIQUE_VIOLATION) throw failure;
    await tx.script('rollback to savepoint lethe_index');
    return false;
  }
}

/**
 * Rows of the blind index are deleted, not overwritten: they are no record of anything, a disposal takes the person and their key, and
 * a digest that is left would go on finding them by a number they had withdrawn.
 */
async function forget(tx: Tx, entries: readonly IndexEntry[]): Promise<void> {
  await tx.query(sql`
    delete from lethe.blind_index where (record, key, kind) in (
      select record, key, kind from unnest(
        ${entries.map(({ record }) => record)}::text[], ${entries.map(({ key }) => key)}::text[],
        ${entries.map(({ kind }) => kind)}::text[]) gone(record, key, kind))`);
}
