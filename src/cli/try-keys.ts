import { existsSync } from 'node:fs';
import { setTimeout as after } from 'node:timers/promises';
import { LetheError } from '../core/errors.js';
import { checkRoot } from '../encryption/require-keys.js';
import type { EpochStore } from '../keys/epoch-store.js';
import type { KeysConfig } from '../keys/keys.js';
import { openEpochStore } from '../keys/open-epoch-store.js';
import { openProvider } from '../keys/open-provider.js';

/** As long as checkRoot waits for a key service. */
const PATIENCE_MS = 5_000;

/**
 * Asks the key service, then the place of the epoch keys, once: before anything is made that would promise encryption without them.
 * A key file that is not there is still to be made.
 * @throws LetheError `config_invalid` (LETHE_EPOCHS_URL), and as checkRoot and EpochStore.all
 */
export async function tryKeys({ root }: KeysConfig, patienceMs = PATIENCE_MS): Promise<void> {
  if (root.provider === 'local' && !existsSync(root.file)) return;
  const epochs = await openEpochStore(root);
  const provider = openProvider(root);
  try {
    await checkRoot(provider, patienceMs);
    await readInTime(epochs, patienceMs);
  } finally {
    await provider.close();
    void epochs.close(); // waits for a connection that may still be tried
  }
}

async function readInTime(epochs: EpochStore, patienceMs: number): Promise<void> {
  const answered = new AbortController();
  const late = after(patienceMs, 'late' as const, { signal: answered.signal });
  late.catch(() => undefined);
  try {
    if ((await Promise.race([epochs.all(), late])) === 'late')
      throw new LetheError('epochs_unreadable', { place: epochs.place, reason: 'no answer in time' });
  } finally {
    answered.abort();
  }
}
