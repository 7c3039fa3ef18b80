import type { Queryable, Row } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { Vault } from '../vault/vault.js';
import { storedKeys } from './block-store.js';

/** A key by its public half. What a private key is, nothing here knows. */
export interface KeyStatus {
  readonly fingerprint: string;
  /**
   * `signing` signs from now on; `former` did, and what it signed stays good; `adopted` is known from a database whose vault was
   * lost; `unknown` stands in the database, and the vault does not know it.
   */
  readonly state: 'signing' | 'former' | 'adopted' | 'unknown';
  /** When it came: by its rotation, else by its first block that is still there; null when neither is known. */
  readonly since: string | null;
  /** Blocks that it signed, of those still there. */
  readonly blocks: { readonly count: number; readonly first: number; readonly last: number } | null;
}

export interface KeysStatus {
  /** Where the vault is: a folder, or host and name of a database. */
  readonly place: string;
  /** Id of the vault; null before its first use. */
  readonly vault: string | null;
  readonly keys: readonly KeyStatus[];
}

/** The signing keys, present and former: fingerprints, since when, and what they signed. */
export async function keysStatus({
  db,
  vault,
}: {
  readonly db: Queryable;
  readonly vault: Vault;
}): Promise<KeysStatus> {
  await vault.signingKey(); // made on first need: there is a fingerprint to note before the first block
  const [known, stored] = [await vault.publicKeys(), await storedKeys(db)];
  const [used, rotated] = [await usedKeys(db), await rotations(db)];
  const strangers = stored.filter(({ fingerprint }) => known.every((key) => key.fingerprint !== fingerprint));
  const states = [
    ...known.map(({ fingerprint, origin }, index) => ({
      fingerprint,
      state: index === 0 ? 'signing' : origin === 'own' ? 'former' : 'adopted',
    })),
    ...strangers.map(({ fingerprint }) => ({ fingerprint, state: 'unknown' })),
  ] as readonly Pick<KeyStatus, 'fingerprint' | 'state'>[];
  return {
    place: vault.place,
    vault: (await vault.identity())?.id ?? null,
    keys: states.map(({ fingerprint, state }) => {
      const use = used.get(fingerprint);
      const since = rotated.get(fingerprint) ?? use?.since ?? null;
      return { fingerprint, state, since, blocks: use?.blocks ?? null };
    }),
  };
}

interface KeyUse {
  readonly since: string;
  readonly blocks: NonNullable<KeyStatus['blocks']>;
}

async function usedKeys(db: Queryable): Promise<ReadonlyMap<string, KeyUse>> {
  const { rows } = await db.query<
    Row & { key: string; count: string; first: string; last: string; since: string }
  >(sql`
    select body::jsonb ->> 'key' as key, count(*) as count, min(number) as first, max(number) as last,
      min(body::jsonb ->> 'sealedAt') as since
    from lethe.ledger_block group by 1`);
  return new Map(
    rows.map(({ key, count, first, last, since }) => [
      key,
      { since, blocks: { count: Number(count), first: Number(first), last: Number(last) } },
    ]),
  );
}

/** When each key took over, by its fingerprint. */
async function rotations(db: Queryable): Promise<ReadonlyMap<string, string>> {
  const { rows } = await db.query<Row & { key: string; at: string }>(sql`
    select body::jsonb #>> '{digests,to}' as key, at from lethe.ledger_entry where kind = 'key.rotated'`);
  return new Map(rows.map(({ key, at }) => [key, at]));
}
