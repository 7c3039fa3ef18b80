import { migrateVault } from '../db/migrate.js';
import { openPostgres } from '../db/postgres.js';
import type { VaultPlace } from '../vault/open.js';
import { databaseKeyStore } from './database-key-store.js';
import { folderKeyStore } from './folder-key-store.js';
import type { KeyStore } from './key-store.js';
import { vaultFailure } from './vault-failure.js';

/**
 * Opens the keys of the vault that the configuration names; a new vault's are made.
 * @throws LetheError `vault_unreadable`
 */
export const openKeyStore = ({ url, folder }: VaultPlace): Promise<KeyStore> =>
  url === undefined ? folderKeyStore(folder) : inDatabase(url);

async function inDatabase(url: string): Promise<KeyStore> {
  const place = placeOf(url);
  const db = await openPostgres(url, { max: 4 }).catch((error: unknown) => {
    throw vaultFailure(place, error);
  });
  try {
    await migrateVault(db);
    return databaseKeyStore(db, { url, place });
  } catch (error) {
    await db.close();
    throw vaultFailure(place, error);
  }
}

/** Host and database: a URL also carries the password, as does the error about one that cannot be read. */
function placeOf(url: string): string {
  if (!URL.canParse(url)) return 'the database that LETHE_VAULT_URL names';
  const { host, pathname } = new URL(url);
  return `database ${host}${pathname}`;
}
