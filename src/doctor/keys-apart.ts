import { error, warning, type Finding } from '../datamap/finding.js';
import type { Database } from '../db/database.js';
import { keysMissing } from '../encryption/claims-store.js';
import { hasDestroyed } from '../encryption/destroy-keys.js';
import { indexIsLost } from '../encryption/index-due.js';
import type { KeyStore } from '../keys/key-store.js';

/** Where the database and the keys in the vault are from different times, as after one of them was put back. Opens no key. */
export async function keysApart(db: Database, store: KeyStore): Promise<readonly Finding[]> {
  const missing = await keysMissing(db, store);
  return [
    ...(missing > 0 ? [isMissing(missing)] : []),
    ...((await hasDestroyed(db, store)) ? [IS_BACK] : []),
    ...((await indexIsLost(db, store)) ? [INDEX_LOST] : []),
  ];
}

const isMissing = (keys: number): Finding =>
  error(
    'keys_missing',
    'keys',
    `${keys} keys of persons and tickets, or more, are not in the vault, which is an older copy: what they encrypted cannot be read (key_unknown). A newer backup of the vault may have them: put it in its place and \`lethe vault adopt\``,
  );

const IS_BACK = error(
  'keys_back',
  'keys',
  'the vault has keys again that were destroyed, as an older copy of it has: `lethe worker --once` destroys them again',
);

const INDEX_LOST = warning(
  'index_lost',
  'keys',
  'people are indexed under a key that is not in the vault, and are not found by what they wrote: `lethe keys rotate index`',
);
