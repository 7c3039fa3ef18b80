import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fixedClock } from '../../src/core/clock.js';
import { LetheError } from '../../src/core/errors.js';
import type { Instant } from '../../src/core/instant.js';
import { createKeyFile, keyFile } from '../../src/keys/key-file.js';
import type { KeyStore } from '../../src/keys/key-store.js';
import { keyringOver, type HoldingKeyring, type KeyringLimits } from '../../src/keys/keyring-over.js';
import type { EpochRhythm, Keys } from '../../src/keys/keys.js';
import { localProvider } from '../../src/keys/local-provider.js';
import type { KeyProvider } from '../../src/keys/provider.js';

export const NOW = '2026-11-21T00:00:00.000000Z' as Instant;
export const VAULT = '7d1c8b52-5c3c-4c3e-9a8f-0b8f2f6c2f10';
export const RHYTHM: EpochRhythm = { every: 'P90D', afterDestruction: 'P7D', keptFor: 'P30D' };

/** A provider that counts what it is asked, and can be away. */
export interface CountedProvider extends KeyProvider {
  readonly asked: Record<'makeWrappedKey' | 'openKey' | 'rewrapKey', number>;
  isAway: boolean;
}

export interface Rings {
  readonly provider: CountedProvider;
  /** A process of its own, as far as keys are concerned: over a vault's keys that it opened itself. */
  readonly ring: (store: KeyStore, limits?: Partial<KeyringLimits>) => HoldingKeyring;
  readonly keys: (store: KeyStore) => Keys & { readonly keyring: HoldingKeyring };
  /** Path of the key file. */
  readonly file: string;
  readonly drop: () => Promise<void>;
}

/** Keyrings over one key file. */
export async function makeRings(): Promise<Rings> {
  const folder = mkdtempSync(join(tmpdir(), 'lethe-root-'));
  const file = join(folder, 'root.key');
  await createKeyFile(file);
  const provider = counted(localProvider(keyFile(file)));
  const opened: HoldingKeyring[] = [];
  const { epochs } = keyFile(file);
  const vaultId = (): Promise<string> => Promise.resolve(VAULT);
  const ring: Rings['ring'] = (store, limits = {}) => {
    const made = keyringOver({ store, epochs, provider, vaultId, clock: fixedClock(NOW) }, limits);
    opened.push(made);
    return made;
  };
  return {
    provider,
    file,
    ring,
    keys: (store) => ({
      keyring: ring(store),
      store,
      epochs,
      provider,
      rhythm: RHYTHM,
      vaultId,
      close: () => Promise.resolve(),
    }),
    drop: async () => {
      for (const one of opened) await one.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function counted(real: KeyProvider): CountedProvider {
  const asked = { makeWrappedKey: 0, openKey: 0, rewrapKey: 0 };
  const ask = async <T>(what: keyof typeof asked, answer: () => Promise<T>): Promise<T> => {
    asked[what] += 1;
    await new Promise((resolve) => setTimeout(resolve, 5)); // a service is never quick
    if (provider.isAway) throw new LetheError('key_service_unavailable', { key: 'test', reason: 'away' });
    return answer();
  };
  const provider: CountedProvider = {
    ...real,
    asked,
    isAway: false,
    makeWrappedKey: (context) => ask('makeWrappedKey', () => real.makeWrappedKey(context)),
    openKey: (wrapped, context) => ask('openKey', () => real.openKey(wrapped, context)),
    rewrapKey: (wrapped, context) => ask('rewrapKey', () => real.rewrapKey(wrapped, context)),
  };
  return provider;
}
