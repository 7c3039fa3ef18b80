import type { Queryable } from '../db/database.js';
import type { KnownKey, Vault } from '../vault/vault.js';
import { storedKeys } from './block-store.js';
import type { ChainCheck } from './chain-check.js';

/**
 * The public keys in the database against the vault's: proofs hand out the database's copy, and a key that only the database
 * knows was put there by somebody who means to sign with it. Run it when every block has been read.
 */
export async function checkKeys(
  { db, vault }: { readonly db: Queryable; readonly vault: Vault },
  check: ChainCheck,
): Promise<void> {
  const known = new Map((await vault.publicKeys()).map((key) => [key.fingerprint, key] as const));
  const stored = await storedKeys(db);
  for (const { fingerprint, publicKey } of stored) {
    const problem = keyProblem(publicKey, known.get(fingerprint));
    if (problem !== null) check.report(`key ${fingerprint}`, problem);
  }
  const there = new Set(stored.map(({ fingerprint }) => fingerprint));
  for (const fingerprint of check.usedKeys)
    if (known.has(fingerprint) && !there.has(fingerprint))
      check.report(`key ${fingerprint}`, 'it signed, and the database does not have it any more');
}

function keyProblem(publicKey: string, known: KnownKey | undefined): string | null {
  if (!known) return 'it stands in the database, and the vault does not know it';
  return known.publicKey === publicKey ? null : 'its public key is not the one the vault knows by this name';
}
