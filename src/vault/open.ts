import { openPostgres } from '../db/postgres.js';
import { migrateVault } from '../db/migrate.js';
import { databaseStore } from './database-store.js';
import { folderStore } from './folder-store.js';
import { vaultOver, type Vault } from './vault.js';

export interface VaultPlace {
  /** A PostgreSQL URL of a second database; without it the vault is in `folder`. */
  readonly url?: string | undefined;
  readonly folder: string;
}

/** Opens the vault that the configuration names; a new one is made on first need, not here. */
export async function openVault({ url, folder }: VaultPlace): Promise<Vault> {
  if (url === undefined) return vaultOver(folderStore(folder));
  const db = await openPostgres(url, { max: 4 });
  try {
    await migrateVault(db);
    return vaultOver(databaseStore(db, placeOf(url)));
  } catch (error) {
    await db.close();
    throw error;
  }
}

/** Host and database: a URL also carries the password. */
function placeOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `database ${host}${pathname}`;
}
