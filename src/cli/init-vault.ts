import { dirname, resolve } from 'node:path';
import { vaultConfig, type Surroundings, type VaultConfig } from '../config.js';
import type { Database } from '../db/database.js';
import { requireCurrent } from '../ledger/standing.js';
import { claimVault, refuseOthers, requireOwnVault, requireUnlinked } from '../ledger/vault-link.js';
import { openVault } from '../vault/open.js';
import type { Vault } from '../vault/vault.js';

/** Beside lethe.json. */
export const VAULT_FOLDER = 'lethe-vault';

/** Where a new installation's vault is to be. */
export interface NamedVault {
  /** Null: without one. */
  readonly place: VaultConfig | null;
  /** What lethe.json is to say; absent where the environment names a database, or there is to be none. */
  readonly folder?: string;
}

/** LETHE_VAULT_URL, else the folder of that name, else none. */
export function namedVault(around: Surroundings, configPath: string, folder: string | false): NamedVault {
  const named = folder === false ? undefined : folder;
  const place = vaultConfig(around, dirname(resolve(around.cwd, configPath)), named);
  return { place, ...(place && place.url === undefined && named !== undefined ? { folder: named } : {}) };
}

/**
 * Ties a new installation to its vault before lethe.json is written.
 * @throws LetheError `vault_foreign`, `vault_lost`, `vault_unset`
 */
export async function tieVault(db: Database, { place }: NamedVault): Promise<void> {
  if (!place) return requireUnlinked(db);
  const vault = await openVault(place);
  try {
    await claimVault(db, vault);
  } finally {
    await vault.close();
  }
}

/**
 * Work with the installation's vault, if it has one. A database that was restored is as closed to this as to everything else: what
 * it has forgotten is not published anew.
 * @throws LetheError what createEngine throws of database and vault
 */
export async function withVault<T>(
  db: Database,
  place: VaultConfig | null,
  work: (vault: Vault | null) => Promise<T>,
): Promise<T> {
  if (!place) {
    await requireUnlinked(db);
    return work(null);
  }
  const vault = await openVault(place);
  try {
    await requireOwnVault(db, vault);
    await requireCurrent(db, vault);
    return await work(vault);
  } finally {
    await vault.close();
  }
}

/**
 * Nothing is made in a database that belongs to another installation: DATABASE_URL may be the one of yesterday's shell.
 * @throws LetheError `vault_foreign`, `vault_lost`, `vault_unset`
 */
export async function refuseAnothers(db: Database, place: VaultConfig | null): Promise<void> {
  const vault = place && (await openVault(place));
  try {
    await refuseOthers(db, vault);
  } finally {
    await vault?.close();
  }
}

/** What lethe.json is told. */
export const vaultOption = (named: NamedVault | null): { readonly vault?: string } =>
  named?.folder === undefined ? {} : { vault: named.folder };

/** What init says of it. */
export function vaultLine({ place, folder }: NamedVault): string {
  if (!place) return 'There is no vault: nothing is journaled or sealed, and no run has a certificate.';
  return folder === undefined
    ? 'The vault is in the database that LETHE_VAULT_URL names.'
    : `The vault is in ${folder}/: keys, and the journal of what was deleted. Keep it apart from the database and its backups.`;
}
