import { fileURLToPath } from 'node:url';
import { LetheError } from '../core/errors.js';
import { epochDatabase } from './epoch-database.js';
import { epochFile } from './epoch-file.js';
import type { EpochStore } from './epoch-store.js';
import { keyFile } from './key-file.js';
import type { KeysConfig } from './keys.js';

/**
 * Where the living epoch keys are; nothing is read or connected to until it is used.
 * @throws LetheError `config_invalid` for a LETHE_EPOCHS_URL of no known kind, which is not repeated: it may hold a password
 */
export const openEpochStore = (root: KeysConfig['root']): Promise<EpochStore> =>
  Promise.resolve().then(() =>
    root.provider === 'local' ? keyFile(root.file).epochs : storeAt(root.epochs),
  );

function storeAt(text: string): EpochStore {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === 'file:') return epochFile(pathOf(url));
  if (url && ['postgres:', 'postgresql:'].includes(url.protocol)) return epochDatabase(text);
  throw refused();
}

function pathOf(url: URL): string {
  try {
    return fileURLToPath(url);
  } catch {
    throw refused(); // a file on another host, or a path that cannot be one
  }
}

const refused = (): LetheError =>
  new LetheError('config_invalid', {
    problems:
      'LETHE_EPOCHS_URL cannot be read; write it as postgres://user:password@host:5432/database or file:///path/to/a/file',
  });
