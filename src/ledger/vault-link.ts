import type { Clock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import { newId } from '../core/ids.js';
import type { Database, Queryable, Row, Tx } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { Vault, VaultIdentity } from '../vault/vault.js';
import { actorId } from './actor-directory.js';
import { appendEntry } from './append.js';
import { storedKeys } from './block-store.js';
import { chainEnd } from './chain-end.js';
import { lockSealing } from './locks.js';

/**
 * Ties database and vault together on first need, and from then on insists on it.
 * @throws LetheError `vault_lost`, `vault_foreign`, `vault_unreadable`
 */
export async function requireOwnVault(db: Database, vault: Vault): Promise<VaultIdentity> {
  const [link, identity] = [await readLink(db), await vault.identity()];
  if (!link) return linkFirst(db, vault, identity);
  if (!identity) throw new LetheError('vault_lost', { vault: link.id, place: vault.place });
  if (link.id !== identity.id || link.database !== identity.database) throw foreign(vault, identity, link);
  return identity;
}

/**
 * Insists on it in the middle of things, and ties nothing: a folder may have been exchanged since the start.
 * @throws LetheError `vault_lost`, `vault_foreign`, `vault_unreadable`
 */
export async function requireStillOwn(db: Queryable, vault: Vault): Promise<void> {
  const [link, identity] = [await readLink(db), await vault.identity()];
  if (!link) return;
  if (!identity) throw new LetheError('vault_lost', { vault: link.id, place: vault.place });
  if (link.id !== identity.id || link.database !== identity.database) throw foreign(vault, identity, link);
}

/**
 * Before anything is made in a database that may be the wrong one: what belongs to another vault, or to any when none is named, is
 * refused. A database without Lethe's tables belongs to none.
 * @throws LetheError `vault_lost`, `vault_foreign`, `vault_unset`, `vault_unreadable`
 */
export async function refuseOthers(db: Database, vault: Vault | null): Promise<void> {
  const { count } = await db.query(sql`
    select 1 from pg_catalog.pg_tables where schemaname = 'lethe' and tablename = 'vault_link'`);
  if (count === 0) return;
  await (vault ? requireStillOwn(db, vault) : requireUnlinked(db));
}

/**
 * Ties a database to the vault that a new installation names. A vault that knows another database is refused even when it has
 * seen nothing of that yet: only processes that start at once on one database may meet in a vault without a link.
 * @throws LetheError `vault_lost`, `vault_foreign`, `vault_unreadable`
 */
export async function claimVault(db: Database, vault: Vault): Promise<VaultIdentity> {
  const identity = await vault.identity();
  if (identity && !(await readLink(db))) throw foreign(vault, identity, null);
  return requireOwnVault(db, vault);
}

/**
 * The vault, where the configuration names one.
 * @throws LetheError `vault_unset`
 */
export function requireVault(vault: Vault | null): Vault {
  if (vault === null) throw new LetheError('vault_unset', { why: 'seals and proofs need one' });
  return vault;
}

/**
 * A database that belongs to a vault is not used without it.
 * @throws LetheError `vault_unset`
 */
export async function requireUnlinked(db: Database): Promise<void> {
  const link = await readLink(db);
  if (link) throw new LetheError('vault_unset', { why: `this database belongs to vault ${link.id}` });
}

/** A vault that has seen acts or seals belongs to the database that it saw them in, and to no new one. */
async function linkFirst(db: Database, vault: Vault, identity: VaultIdentity | null): Promise<VaultIdentity> {
  if (identity && (await isUsed(vault))) throw foreign(vault, identity, null);
  const made = await vault.identify({ id: newId('vault'), database: newId('database') });
  const stored = await writeLink(db, made);
  if (stored.id !== made.id || stored.database !== made.database) throw foreign(vault, made, stored);
  return made;
}

export async function isUsed(vault: Vault): Promise<boolean> {
  return (await vault.seal()) !== null || (await vault.acts(0)).acts.length > 0;
}

export async function readLink(db: Queryable): Promise<VaultIdentity | null> {
  const { rows } = await db.query<Row & VaultIdentity>(
    sql`select vault_id as id, database_id as database from lethe.vault_link`,
  );
  return rows[0] ?? null;
}

/** Of two processes that come first at once, one writes; both read what stands. */
async function writeLink(db: Queryable, { id, database }: VaultIdentity): Promise<VaultIdentity> {
  await db.query(sql`
    insert into lethe.vault_link (vault_id, database_id) values (${id}, ${database}) on conflict do nothing`);
  return (await readLink(db)) ?? { id, database };
}

export const foreign = (vault: Vault, found: VaultIdentity, wanted: VaultIdentity | null): LetheError =>
  new LetheError('vault_foreign', {
    place: vault.place,
    found: `${found.id} of ${found.database}`,
    vault: wanted ? `${wanted.id} of ${wanted.database}` : 'no vault yet',
  });

export interface Adoption {
  readonly vault: string;
  /** The vault that was lost, if it was another. */
  readonly instead: string | null;
  /** Blocks up to this one are vouched for by no vault any more. */
  readonly block: number;
}

/**
 * A person's decision to go on with the vault that is there: a new one in place of a lost one, an older copy, or the vault of
 * a database that was restored from before it was linked. Writes into the ledger that from here on it is another vault.
 * @param also what else has to be done once another vault stands there, in the same transaction
 * @throws LetheError `vault_foreign` for a vault that belongs to another database
 */
export async function adoptVault(
  { db, vault, clock }: { readonly db: Database; readonly vault: Vault; readonly clock: Clock },
  actorName: string,
  also: (tx: Tx) => Promise<unknown> = () => Promise.resolve(),
): Promise<Adoption> {
  return db.transaction(async (tx) => {
    await lockSealing(tx);
    const [link, identity] = [await readLink(tx), await vault.identity()];
    if (link && identity && link.database !== identity.database && (await isUsed(vault)))
      throw foreign(vault, identity, link);
    const made =
      identity ??
      (await vault.identify({ id: newId('vault'), database: link?.database ?? newId('database') }));
    const block = link ? await takeOver(tx, vault) : 0;
    await tx.query(sql`
      insert into lethe.vault_link (vault_id, database_id) values (${made.id}, ${made.database})
      on conflict (single) do update set vault_id = excluded.vault_id, database_id = excluded.database_id, linked_at = now()`);
    const instead = link && link.id !== made.id ? link.id : null;
    await appendEntry(tx, {
      kind: 'vault.adopted',
      at: clock.now(),
      actor: await actorId(tx, actorName),
      about: { vault: made.id, block, ...(instead === null ? {} : { instead }) },
    });
    await also(tx);
    return { vault: made.id, instead, block };
  });
}

/** The vault takes the chain as it finds it, unless it has sealed more than that: then the database was restored. */
async function takeOver(tx: Tx, vault: Vault): Promise<number> {
  const [seal, end] = [await vault.seal(), await chainEnd(tx)];
  await vault.adoptKeys(await storedKeys(tx));
  if (end.number <= (seal?.number ?? 0)) return 0;
  const settled = (await vault.acts(0)).end;
  await vault.recordSeal({ number: end.number, hash: end.hash ?? '', settled });
  return end.number;
}
