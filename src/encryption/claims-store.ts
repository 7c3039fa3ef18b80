import { setTimeout as wait } from 'node:timers/promises';
import type { Instant } from '../core/instant.js';
import type { Queryable, Row } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { KeyStore } from '../keys/key-store.js';

const PAUSE_MS = 50;

/**
 * What stands last in the ledger: a comparison, or that the database or the vault was exchanged; null: neither. By the order of the
 * entries: a database that was restored may have been written by the clocks of other machines.
 */
export async function lastComparison(
  on: Queryable,
): Promise<{ readonly at: Instant; readonly isExchange: boolean } | null> {
  const { rows } = await on.query<Row & { at: Instant; isExchange: boolean }>(sql`
    select e.at, e.kind <> 'keys.compared' as "isExchange" from lethe.ledger_entry e
    left join lethe.ledger_sealed s on s.entry_id = e.id
    left join lethe.ledger_unsealed u on u.entry_id = e.id
    where e.kind in ('keys.compared', 'ledger.resumed', 'vault.adopted')
    order by u.place desc nulls last, s.block desc, s.position desc limit 1`);
  return rows[0] ?? null;
}

/** How many keys the vault is to have: of those who are there, and those that are still to be destroyed. Both by their indexes. */
export async function namedKeys(on: Queryable): Promise<number> {
  const { rows } = await on.query<Row & { keys: string }>(sql`
    select (select count(*) from lethe.data_key where ended_at is null)
      + (select count(*) from lethe.data_key
         where ended_at is not null and (destroyed_at is null or back_at is not null)) as keys`);
  return Number(rows[0]?.keys ?? 0);
}

/** How many of the keys that the database names the vault does not have; fewer than there are where it has some that no row names. */
export async function keysMissing(on: Queryable, store: Pick<KeyStore, 'counts'>): Promise<number> {
  return Math.max(0, (await namedKeys(on)) - (await ownersKeysIn(store)));
}

/** How many keys of persons and tickets the vault has. */
export async function ownersKeysIn(store: Pick<KeyStore, 'counts'>): Promise<number> {
  const counts = (await store.counts()).filter(({ use }) => use === 'subject' || use === 'ticket');
  return counts.reduce((sum, { count }) => sum + count, 0);
}

/** Keys that were destroyed because no row named them. */
export interface UnclaimedTold {
  /** When the vault was last compared with lethe.data_key; null: never. */
  readonly comparedAt: Instant | null;
  readonly subject: number;
  readonly ticket: number;
}

/** As far back as the ledger goes. */
export async function unclaimedTold(on: Queryable): Promise<UnclaimedTold> {
  const { rows } = await on.query<Row & { at: Instant | null; subject: string; ticket: string }>(sql`
    select max(at) filter (where kind = 'keys.compared') as at,
      coalesce(sum((body::jsonb #>> '{counts,subject}')::bigint) filter (where kind = 'keys.unclaimed'), 0) as subject,
      coalesce(sum((body::jsonb #>> '{counts,ticket}')::bigint) filter (where kind = 'keys.unclaimed'), 0) as ticket
    from lethe.ledger_entry where kind in ('keys.compared', 'keys.unclaimed')`);
  const [row] = rows;
  return {
    comparedAt: row?.at ?? null,
    subject: Number(row?.subject ?? 0),
    ticket: Number(row?.ticket ?? 0),
  };
}

/**
 * Waits until every transaction that may be about to name a key has ended: whoever makes one has asked lethe.data_key before, and so
 * holds a lock on it until the end. Nobody is kept from anything, as a lock of our own would.
 * @returns false when some are open still after so many milliseconds
 */
export async function claimersEnded(on: Queryable, forMs: number): Promise<boolean> {
  const end = performance.now() + forMs;
  for (let open = await claimers(on); open.size > 0;) {
    if (performance.now() >= end) return false;
    await wait(PAUSE_MS);
    const now = await claimers(on);
    open = new Set([...open].filter((one) => now.has(one)));
  }
  return true;
}

/**
 * Transactions of others, prepared ones too, that have read lethe.data_key. Not a dump, which takes hours and has locked every table
 * from its beginning, also the one that nobody reads who writes.
 */
async function claimers(on: Queryable): Promise<ReadonlySet<string>> {
  const { rows } = await on.query<Row & { id: string }>(sql`
    with held as (
      select virtualtransaction as id, relation from pg_catalog.pg_locks
      where mode = 'AccessShareLock' and pid is distinct from pg_backend_pid()
        and relation in ('lethe.data_key'::regclass, 'lethe.migration'::regclass)
        and database = (select oid from pg_catalog.pg_database where datname = current_database())
    )
    select id from held where relation = 'lethe.data_key'::regclass
    except select id from held where relation = 'lethe.migration'::regclass`);
  return new Set(rows.map(({ id }) => id));
}
