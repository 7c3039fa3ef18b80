import type { Clock } from '../core/clock.js';
import type { MapGraph } from '../datamap/graph.js';
import type { Database, Row } from '../db/database.js';
import { sqlstateOf } from '../db/failures.js';
import { sql } from '../db/sql.js';
import type { Keyring } from '../keys/keyring.js';
import { indexedColumns, indexStored, type IndexedColumn } from './blind-index.js';
import { awaitWriters, readingKeys, writingKeys } from './index-versions.js';
import { encryptionState } from './state.js';
import { peopleToIndex } from './unindexed-people.js';

export interface ReindexContext {
  readonly db: Database;
  readonly graph: MapGraph;
  readonly keyring: Keyring;
  readonly clock: Clock;
}

export interface ReindexWatch {
  /** People indexed anew so far. */
  readonly watch?: ((progress: { readonly people: number }) => void) | undefined;
  /** Checked between batches; the next call goes on where this one stopped. */
  readonly signal?: AbortSignal | undefined;
}

export interface Reindexed {
  /** Version of the index key that people are found by now; 0: nothing is encrypted. */
  readonly version: number;
  /** Indexed anew by this call. */
  readonly people: number;
  /** Values that the map calls unique and that somebody else has, too: both are found by it. */
  readonly shared: number;
  /** People whose key is gone, or not in this vault: nobody could read them, and nobody finds them. */
  readonly lost: number;
  /** False: it was interrupted; the next call goes on. */
  readonly isDone: boolean;
}

const DEADLOCK = '40P01';
const ATTEMPTS = 5;
const ROWS_AT_ONCE = 10_000;

/**
 * Makes a new version of the index key, indexes everybody under it, and drops the older ones: after the key may have become known, or
 * when a normal form has changed. Others write meanwhile, under every living version. Killed anywhere, the next call goes on.
 * @throws LetheError what Keyring.open throws
 */
export async function reindex(
  context: ReindexContext,
  { watch, signal }: ReindexWatch = {},
): Promise<Reindexed> {
  const indexed = indexedColumns(context.graph);
  if (indexed.length === 0 || (await encryptionState(context.db)) === 'off')
    return { version: 0, people: 0, shared: 0, lost: 0, isDone: true };
  const version = await newVersion(context);
  await awaitWriters(context.db);
  const sum = { people: 0, shared: 0, lost: 0 };
  for (let after: string | null = null; ; watch?.({ people: sum.people })) {
    if (signal?.aborted) return { version, ...sum, isDone: false };
    const batch = await patiently(() => indexBatch(context, indexed, version, after));
    if (batch.last === null) break;
    after = batch.last;
    sum.people += batch.people;
    sum.shared += batch.shared;
    sum.lost += batch.lost;
  }
  await dropOlder(context, version);
  return { version, ...sum, isDone: true };
}

/**
 * Two living versions: a call before this one made the newer, and did not come to the end. An older copy of the vault may not know of
 * versions that there are rows of: theirs is another key, and their numbers are not used again.
 */
async function newVersion({ db, keyring }: ReindexContext): Promise<number> {
  const { rows } = await db.query<Row & { last: number }>(
    sql`select coalesce(max(version), 0) as last from lethe.blind_index`,
  );
  const last = rows[0]?.last ?? 0;
  const [newest, older] = await readingKeys(keyring);
  return newest && older && newest.version >= last ? newest.version : keyring.addVersion('index', last);
}

/** A writer who corrects the same person can hold what this waits for, and wait for what this holds. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++)
    try {
      return await work();
    } catch (failure) {
      if (sqlstateOf(failure) !== DEADLOCK || attempt === ATTEMPTS) throw failure;
    }
}

interface Batch {
  /** Key of the last person; null: nobody is left. */
  readonly last: string | null;
  readonly people: number;
  readonly shared: number;
  readonly lost: number;
}

function indexBatch(
  { db, graph, keyring }: ReindexContext,
  indexed: readonly IndexedColumn[],
  version: number,
  after: string | null,
): Promise<Batch> {
  return db.transaction(async (tx) => {
    const people = await peopleToIndex({ graph, keyring }, tx, indexed, { version, after });
    let shared = 0;
    for (const [place, column] of indexed.entries()) {
      const entries = people.flatMap((person) => person.entries?.[place] ?? []);
      // asked for each time: opened keys are let go after a while
      shared += await indexStored(tx, await writingKeys(tx, keyring), column, entries);
    }
    const lost = people.filter(({ entries }) => entries === null).length;
    return { last: people.at(-1)?.key ?? null, people: people.length - lost, shared, lost };
  });
}

/** The rows first: a key without rows is dropped by the next call, and rows without a key would be found by nobody's digest. */
async function dropOlder({ db, keyring }: ReindexContext, version: number): Promise<void> {
  await deleteOlder(db, version);
  const older = (await readingKeys(keyring)).filter((key) => key.version < version);
  for (const key of older) await keyring.dropVersion('index', key.version);
  await awaitWriters(db);
  await deleteOlder(db, version); // what others wrote under it until it was dropped
}

async function deleteOlder(db: Database, version: number): Promise<void> {
  for (let after: Place | null = { record: '', key: '', kind: '', version: 0 }; after;)
    after = await deleteSome(db, version, after);
}

type Place = Row & { record: string; key: string; kind: string; version: number };

/** In the order of the primary key, so that no batch passes over what the ones before it deleted. Returns the last place; null: the end. */
async function deleteSome(db: Database, below: number, after: Place): Promise<Place | null> {
  const { rows } = await db.query<Place>(sql`
    with old as materialized (
      select record, key, kind, version from lethe.blind_index
      where (record, key, kind, version) > (${after.record}, ${after.key}, ${after.kind}, ${after.version}) and version < ${below}
      order by record, key, kind, version limit ${ROWS_AT_ONCE}
    ), gone as (
      delete from lethe.blind_index b using old
      where b.record = old.record and b.key = old.key and b.kind = old.kind and b.version = old.version
    )
    select * from old order by record desc, key desc, kind desc, version desc limit 1`);
  return rows[0] ?? null;
}
