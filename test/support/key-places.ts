import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KeyStore } from '../../src/keys/key-store.js';
import { openKeyStore } from '../../src/keys/open-key-store.js';
import type { VaultPlace } from '../../src/vault/open.js';
import { freshDatabase } from './database.js';

export interface KeyPlace {
  readonly place: VaultPlace;
  /** Opens its keys, again and again; all are closed after the test. */
  readonly open: () => Promise<KeyStore>;
}

interface Made {
  readonly place: VaultPlace;
  readonly drop: () => Promise<void>;
}

const inFolder = (): Promise<Made> => {
  const folder = mkdtempSync(join(tmpdir(), 'lethe-keys-'));
  return Promise.resolve({
    place: { folder },
    drop: () => {
      rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    },
  });
};

const inDatabase = async (): Promise<Made> => {
  const { url, drop } = await freshDatabase();
  return { place: { url, folder: '/nowhere' }, drop };
};

/** The same tests with the keys in a folder vault and in a vault's database, empty for each. */
export function bothKeyPlaces(title: string, tests: (current: () => KeyPlace) => void): void {
  for (const [kind, make] of Object.entries({ folder: inFolder, database: inDatabase }))
    describe(`${title} (${kind})`, () => {
      let made: Made;
      const opened: KeyStore[] = [];
      beforeEach(async () => {
        made = await make();
      });
      afterEach(async () => {
        for (const store of opened.splice(0)) await store.close();
        await made.drop();
      });
      tests(() => ({
        place: made.place,
        open: async () => {
          const store = await openKeyStore(made.place);
          opened.push(store);
          return store;
        },
      }));
    });
}
