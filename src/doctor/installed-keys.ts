import type { Config } from '../config.js';
import type { Clock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import type { Keys } from '../keys/keys.js';
import { openKeys } from '../keys/open-keys.js';
import { openVault } from '../vault/open.js';

/**
 * The keys that lethe.json names, opened to be looked at, or why they cannot be; null: it names none, or the vault they stand in is
 * lost, which is a finding of its own. Makes nothing.
 */
export async function installedKeys(
  { vault: place, keys }: Pick<Config, 'vault' | 'keys'>,
  clock: Clock,
): Promise<Keys | LetheError | null> {
  if (!keys || !place) return null;
  try {
    const id = await vaultId(place);
    if (id === null) return null;
    return await openKeys(keys, { vaultPlace: place, vaultId: () => Promise.resolve(id), clock });
  } catch (failure) {
    if (failure instanceof LetheError) return failure;
    throw failure;
  }
}

async function vaultId(place: NonNullable<Config['vault']>): Promise<string | null> {
  const vault = await openVault(place);
  try {
    return (await vault.identity())?.id ?? null;
  } finally {
    await vault.close();
  }
}
