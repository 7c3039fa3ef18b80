import type { Database } from './database.js';
import { openPostgres } from './postgres.js';

export interface DatabasePlace {
  /** A PostgreSQL URL; without it the embedded database in `folder` is opened. */
  readonly url?: string | undefined;
  readonly folder: string;
}

/** Opens the database that the configuration names. The embedded one is loaded only when it is used. */
export async function openDatabase({ url, folder }: DatabasePlace): Promise<Database> {
  if (url !== undefined) return openPostgres(url);
  const { openEmbedded } = await import('./embedded.js');
  return openEmbedded(folder);
}
