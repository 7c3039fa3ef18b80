import { join } from 'node:path';
import { openPostgres } from '../../src/db/postgres.js';
import { sql } from '../../src/db/sql.js';
import { openKeyFolder } from '../../src/keys/key-folder.js';
import type { VaultPlace } from '../../src/vault/open.js';
import { flipped } from './flipped.js';

/** What stands beside a key's id in the vault. */
export type Part = 'wrapped' | 'use' | 'epoch';
export const PARTS: readonly Part[] = ['wrapped', 'use', 'epoch'];

/** Where a part begins in an entry of a folder. */
const AT: Readonly<Record<Part, number>> = { epoch: 0, use: 4, wrapped: 5 };

/** Turns one bit over in a key's row, past everything that would notice; wrapped bytes are as they were when it is done twice. */
export const damage = ({ url, folder }: VaultPlace, id: string, part: Part = 'wrapped'): Promise<void> =>
  url === undefined ? inFolder(join(folder, 'keys'), id, part) : inDatabase(url, id, part);

async function inFolder(path: string, id: string, part: Part): Promise<void> {
  const { folder, close } = await openKeyFolder(path);
  const key = Buffer.from(id.replaceAll('-', ''), 'hex');
  await folder.keys.put(key, flipped(folder.keys.get(key) ?? Buffer.alloc(65), 8 * AT[part] + 7));
  await close();
}

async function inDatabase(url: string, id: string, part: Part): Promise<void> {
  const db = await openPostgres(url, { max: 1 });
  const turned = {
    wrapped: sql`wrapped = set_bit(wrapped, 7, 1 - get_bit(wrapped, 7))`,
    use: sql`use = overlay(use placing '~' from 1)`,
    epoch: sql`epoch = overlay(epoch::text placing 'beef' from 1)::uuid`,
  };
  await db.query(sql`update lethe_vault.wrapped_key set ${turned[part]} where id = ${id}`);
  await db.close();
}
