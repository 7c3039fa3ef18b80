/* Rotates keys, or goes on with it, and says how far it is: `node --import tsx rotation-child.ts <vault place as JSON> <key file>`. */
import { systemClock } from '../../src/core/clock.js';
import { keyFile } from '../../src/keys/key-file.js';
import { keyringOver } from '../../src/keys/keyring-over.js';
import { localProvider } from '../../src/keys/local-provider.js';
import { openKeyStore } from '../../src/keys/open-key-store.js';
import { rotateEpoch } from '../../src/keys/rotate-epoch.js';
import type { VaultPlace } from '../../src/vault/open.js';
import { RHYTHM, VAULT } from './rings.js';

const [, , place = '{}', file = ''] = process.argv;
const store = await openKeyStore(JSON.parse(place) as VaultPlace);
const [provider, { epochs }] = [localProvider(keyFile(file)), keyFile(file)];
const vaultId = (): Promise<string> => Promise.resolve(VAULT);
const keyring = keyringOver({ store, epochs, provider, vaultId, clock: systemClock });
const keys = { keyring, store, epochs, provider, rhythm: RHYTHM, vaultId, close: () => Promise.resolve() };

console.log('begins');
await rotateEpoch(keys, {
  at: systemClock.now(),
  watch: ({ moved }) => {
    console.log(moved);
  },
});
console.log('done');
await store.close();
