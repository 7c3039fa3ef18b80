import type { Clock } from '../core/clock.js';
import type { VaultPlace } from '../vault/open.js';
import { keyringOver } from './keyring-over.js';
import type { Keys, KeysConfig } from './keys.js';
import { openEpochStore } from './open-epoch-store.js';
import { openKeyStore } from './open-key-store.js';
import { openProvider } from './open-provider.js';

export interface KeysPlace {
  readonly vaultPlace: VaultPlace;
  /** Asked when a key is needed: a vault that was just made is identified later. */
  readonly vaultId: () => Promise<string>;
  readonly clock: Clock;
}

/**
 * Opens the keys of an installation. The provider and the epoch store are not asked here: what needs no key goes on without them.
 * @throws LetheError `vault_unreadable`, `config_invalid`
 */
export async function openKeys(config: KeysConfig, { vaultPlace, vaultId, clock }: KeysPlace): Promise<Keys> {
  const provider = openProvider(config.root);
  const epochs = await openEpochStore(config.root);
  const store = await openKeyStore(vaultPlace);
  const keyring = keyringOver({ store, epochs, provider, vaultId, clock });
  return {
    keyring,
    store,
    epochs,
    provider,
    rhythm: config.epochs,
    vaultId,
    close: async () => {
      await keyring.close();
      await store.close();
      await epochs.close();
      await provider.close();
    },
  };
}
