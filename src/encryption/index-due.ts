import type { Queryable } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { Instant } from '../core/instant.js';
import type { KeyStore } from '../keys/key-store.js';
import type { Keys } from '../keys/keys.js';
import { isOver } from '../keys/rotate-epoch.js';

/**
 * Whether a person's key was destroyed since the index key was made. Digests of who they were stand in backups from in between: while
 * that index key lives, whoever has both could find a phone number by trying every one. Not more often than an epoch's key goes:
 * everybody is indexed anew.
 */
export async function indexDue(
  on: Queryable,
  { store, rhythm }: Pick<Keys, 'store' | 'rhythm'>,
  now: Instant,
): Promise<boolean> {
  const [newest] = await store.named('index');
  if (!newest || !isOver(newest.since, rhythm.keptFor, now)) return false;
  const { count } = await on.query(sql`
    select from lethe.data_key where use = 'subject' and destroyed_at >= ${newest.since}::timestamptz limit 1`);
  return count > 0;
}

/** Whether rows of the index are under versions that the vault does not have: it, or the database, is from another time. */
export async function indexIsLost(on: Queryable, store: Pick<KeyStore, 'named'>): Promise<boolean> {
  const living = (await store.named('index')).map(({ version }) => version);
  const { count } = await on.query(sql`
    select from lethe.blind_index where version <> all (${living}::int[]) limit 1`);
  return count > 0;
}
