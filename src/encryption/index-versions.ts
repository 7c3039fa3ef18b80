import { LetheError } from '../core/errors.js';
import type { Database, Tx } from '../db/database.js';
import { sqlstateOf } from '../db/failures.js';
import { raw, sql } from '../db/sql.js';
import type { Keyring, NamedKey } from '../keys/keyring.js';

/** Advisory lock number of writers of the blind index ("LETH", then 0x41). */
const WRITING = 0x4c455448_41n.toString();
const LOCK_WAITED = '55P03';
const DEADLOCK = '40P01';
const ATTEMPTS = 60;

/** Living versions of the index key, newest first. Throws as Keyring.named. */
export async function readingKeys(keyring: Keyring): Promise<readonly NamedKey[]> {
  try {
    return await keyring.named('index');
  } catch (failure) {
    // an old version was dropped between the question which there are and the opening of their keys
    if (!(failure instanceof LetheError) || failure.code !== 'key_destroyed') throw failure;
    return keyring.named('index');
  }
}

/**
 * The versions to write under, asked once it is known who writes: whoever makes a new version waits for the writers that did not know
 * of it, and nobody is left who is indexed under the old one alone.
 */
export async function writingKeys(tx: Tx, keyring: Keyring): Promise<readonly NamedKey[]> {
  await tx.query(sql`select pg_advisory_xact_lock_shared(${WRITING}::bigint)`);
  return readingKeys(keyring);
}

/** Waits for everybody who has asked for the versions and not committed yet; in short turns, because others wait behind it. */
export async function awaitWriters(db: Database): Promise<void> {
  for (let attempt = 1; ; attempt += 1)
    try {
      await db.transaction(async (tx) => {
        // shorter than PostgreSQL waits before it looks for a deadlock, so that nobody else is ended for it
        await tx.query(sql`${raw(`set local lock_timeout = '500ms'`)}`);
        await tx.query(sql`select pg_advisory_xact_lock(${WRITING}::bigint)`);
      });
      return;
    } catch (failure) {
      const isBusy = [LOCK_WAITED, DEADLOCK].includes(sqlstateOf(failure) ?? '');
      if (!isBusy || attempt === ATTEMPTS) throw failure;
    }
}
