import { stat } from 'node:fs/promises';
import type { DatabaseConfig, VaultConfig } from '../config.js';
import { error, warning, type Finding } from '../datamap/finding.js';

/** Where the vault stands: apart from the ticket database, and for nobody else to read. */
export async function vaultPlace(vault: VaultConfig, database: DatabaseConfig): Promise<readonly Finding[]> {
  return vault.url === undefined ? folderRights(vault.folder) : distance(vault.url, database.url);
}

const OTHERS = 0o077;

async function folderRights(folder: string): Promise<readonly Finding[]> {
  if (process.platform === 'win32') return [];
  const found = await stat(folder).catch(() => null);
  if (!found || (found.mode & OTHERS) === 0) return [];
  return [
    warning(
      'vault_readable',
      'vault',
      'other users of this machine may enter the folder of the vault, which holds the signing key: `chmod 700` it',
    ),
  ];
}

/** The same server by another spelling of its name goes unnoticed; URLs hold passwords and are never printed. */
function distance(vault: string, database: string | undefined): readonly Finding[] {
  if (database === undefined) return [];
  const [one, other] = [addressOf(vault), addressOf(database)];
  if (one === null || other === null || one.server !== other.server) return [];
  if (one.database === other.database)
    return [
      error(
        'vault_same_database',
        'vault',
        'it stands in the ticket database itself, so a restored backup takes it back as well and nothing is noticed: name another database in LETHE_VAULT_URL',
      ),
    ];
  return [
    warning(
      'vault_same_server',
      'vault',
      'it stands on the server of the ticket database: a backup of the whole server holds both, and restoring it goes unnoticed. Put it on another server, or back the two up apart',
    ),
  ];
}

const LOCAL = /^(|localhost|127\.0\.0\.1|\[::1\])$/;

function addressOf(text: string): { readonly server: string; readonly database: string } | null {
  if (!URL.canParse(text)) return null;
  const { hostname, port, pathname } = new URL(text);
  const host = LOCAL.test(hostname) ? 'localhost' : hostname;
  return { server: `${host}:${port || '5432'}`, database: decodeURIComponent(pathname) };
}
