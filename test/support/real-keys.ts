import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, type Clock } from '../../src/core/clock.js';
import { createKeyFile } from '../../src/keys/key-file.js';
import type { EpochRhythm, Keys } from '../../src/keys/keys.js';
import { openKeys } from '../../src/keys/open-keys.js';

export interface RealKeys {
  readonly keys: Keys;
  /** Opens the same keys again, as another process would. */
  readonly again: () => Promise<Keys>;
  /** Of the vault; the key file is beside it. */
  readonly folder: string;
  /** Closes all that were opened, and removes the folder. */
  readonly drop: () => Promise<void>;
}

const RHYTHM: EpochRhythm = { every: 'P90D', afterDestruction: 'P7D', keptFor: 'P30D' };

/** Real keys: a vault and a key file in a temporary folder, or a vault in a database of the given URL. */
export async function realKeys(
  order: { readonly url?: string; readonly clock?: Clock; readonly rhythm?: Partial<EpochRhythm> } = {},
): Promise<RealKeys> {
  const place = mkdtempSync(join(tmpdir(), 'lethe-keys-'));
  const [folder, file] = [join(place, 'vault'), join(place, 'root.key')];
  await createKeyFile(file);
  const id = randomUUID();
  const opened: Keys[] = [];
  const again = async (): Promise<Keys> => {
    const keys = await openKeys(
      { root: { provider: 'local', file }, epochs: { ...RHYTHM, ...order.rhythm } },
      {
        vaultPlace: { url: order.url, folder },
        vaultId: () => Promise.resolve(id),
        clock: order.clock ?? systemClock,
      },
    );
    opened.push(keys);
    return keys;
  };
  return {
    keys: await again(),
    again,
    folder,
    drop: async () => {
      for (const keys of opened) await keys.close();
      rmSync(place, { recursive: true, force: true });
    },
  };
}
