import { LetheError } from '../core/errors.js';
import type { Database, Row } from '../db/database.js';
import { openPostgres } from '../db/postgres.js';
import { sql } from '../db/sql.js';
import { beginEpoch, emptied, epochs, forgetEpoch } from './database-epochs.js';
import { addNamed, dropNamed, named } from './database-named-keys.js';
import {
  add,
  counts,
  destroy,
  destroyed,
  destroyedSince,
  find,
  firstDestroyed,
  lastDestroyed,
  page,
  rewrap,
} from './database-wrapped-keys.js';
import type { KeyStore } from './key-store.js';
import { failingAsVault, vaultFailure } from './vault-failure.js';

/** Advisory lock number in the vault's database ("LETH", then 7). */
const ALONE = 0x4c455448_07n.toString();

interface Where {
  readonly url: string;
  /** For people. */
  readonly place: string;
}

/**
 * The keys in schema "lethe_vault" of the vault's own database. A destroyed key's row is deleted: its bytes stay in the table's
 * file until VACUUM, in the write-ahead log and what is archived of it until they are recycled, and in every backup. What ends
 * those copies is the removal of the epoch's key after the next rotation.
 */
export function databaseKeyStore(db: Database, { url, place }: Where): KeyStore {
  return {
    ...failingAsVault(place, {
      find: (ids) => find(db, ids),
      add: (keys) => db.transaction((tx) => add(tx, keys)),
      destroy: (ids, at) => db.transaction((tx) => destroy(tx, ids, at)),
      destroyed: (ids) => destroyed(db, ids),
      destroyedSince: (position) => destroyedSince(db, position),
      lastDestroyed: () => lastDestroyed(db),
      firstDestroyed: (from) => firstDestroyed(db, from),
      page: (epoch, after, limit) => page(db, epoch, after, limit),
      rewrap: (keys, from) => db.transaction((tx) => rewrap(tx, keys, from)),
      counts: () => counts(db),
      named: (use) => named(db, use),
      addNamed: (version, key) => db.transaction((tx) => addNamed(tx, version, key)),
      dropNamed: (use, version, at) => db.transaction((tx) => dropNamed(tx, use, version, at)),
      epochs: () => epochs(db),
      beginEpoch: (id, instead, at) => db.transaction((tx) => beginEpoch(tx, id, instead, at)),
      emptied: (id, at) => db.transaction((tx) => emptied(tx, id, at)),
      forgetEpoch: (id) => forgetEpoch(db, id),
    }),
    alone: (work) => alone({ url, place }, work),
    close: () => db.close(),
  };
}

/**
 * A transaction of a connection of its own, which nothing else is done in, holds the lock: a pooler gives no other that lasts.
 * A connection that is lost in between lets somebody else begin, which does no harm: every step compares and swaps.
 */
async function alone<T>({ url, place }: Where, work: () => Promise<T>): Promise<T> {
  const outcome: { done?: Promise<T> } = {};
  try {
    await holdingLock(url, async () => {
      outcome.done = work();
      await Promise.allSettled([outcome.done]);
    });
  } catch (error) {
    // the lock's connection was lost after the work was done: it is done
    if (outcome.done === undefined) throw vaultFailure(place, error);
  }
  if (outcome.done === undefined) throw new LetheError('rotation_running');
  return outcome.done;
}

/** Nothing is done where somebody else has the lock. */
async function holdingLock(url: string, work: () => Promise<void>): Promise<void> {
  const holder = await openPostgres(url, { max: 1 });
  try {
    await holder.transaction(async (tx) => {
      await tx.query(sql`set local idle_in_transaction_session_timeout = 0`);
      const { rows } = await tx.query<Row & { readonly taken: boolean }>(
        sql`select pg_try_advisory_xact_lock(${ALONE}::bigint) as taken`,
      );
      if (rows[0]?.taken === true) await work();
    });
  } finally {
    await holder.close();
  }
}
