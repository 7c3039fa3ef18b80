import { join } from 'node:path';
import { LetheError } from '../core/errors.js';
import { lockFolder } from '../db/folder-lock.js';
import {
  addNamed,
  beginEpoch,
  counts,
  dropNamed,
  emptied,
  epochs,
  forgetEpoch,
  named,
} from './folder-epochs.js';
import { readRegister } from './folder-register.js';
import {
  add,
  destroy,
  destroyed,
  destroyedSince,
  find,
  firstDestroyed,
  page,
  rewrap,
} from './folder-wrapped-keys.js';
import { openKeyFolder, type KeyFolder } from './key-folder.js';
import type { KeyStore } from './key-store.js';
import { failingAsVault, vaultFailure } from './vault-failure.js';

/**
 * The keys in folder `keys` of the vault's folder: an LMDB file, which several processes use at once. A commit is on the disk when
 * it returns. A destroyed key's entry is removed, but pages are never written over in place: its bytes stay in a free page of the
 * file until that page is used again, and in every copy of the file. What ends those is the removal of the epoch's key after the
 * next rotation.
 * @throws LetheError `vault_unreadable`
 */
export async function folderKeyStore(vault: string): Promise<KeyStore> {
  const path = join(vault, 'keys');
  const { folder, close } = await openKeyFolder(path).catch((error: unknown) => {
    throw vaultFailure(vault, worded(error));
  });
  let isClosed = false;
  const using = <T>(work: (folder: KeyFolder) => T): T => {
    // LMDB does not survive being asked once it is closed
    if (isClosed) throw Object.assign(new Error('closed'), { code: 'it was closed' });
    try {
      return work(folder);
    } catch (error) {
      throw worded(error);
    }
  };
  const read = <T>(work: (folder: KeyFolder) => T): Promise<T> =>
    inTurn(() =>
      using((open) => {
        open.root.resetReadTxn(); // what other processes have committed by now
        return work(open);
      }),
    );
  const write = <T>(work: (folder: KeyFolder) => T): Promise<T> =>
    inTurn(() => using((open) => open.root.transactionSync(() => work(open))));
  return {
    ...failingAsVault(vault, {
      find: (ids) => read((open) => find(open, ids)),
      add: (keys) => write((open) => add(open, keys)),
      destroy: (ids, at) =>
        write((open) => {
          destroy(open, ids, at);
        }),
      destroyed: (ids) => read((open) => destroyed(open, ids)),
      destroyedSince: (position) => read((open) => destroyedSince(open, position)),
      lastDestroyed: () => read((open) => readRegister(open).destroyed),
      firstDestroyed: (from) => read((open) => firstDestroyed(open, from)),
      page: (epoch, after, limit) => using((open) => page(open, epoch, after, limit)),
      rewrap: (keys, from) => write((open) => rewrap(open, keys, from)),
      counts: () => read(counts),
      named: (use) => read((open) => named(open, use)),
      addNamed: (version, key) => write((open) => addNamed(open, version, key)),
      dropNamed: (use, version, at) =>
        write((open) => {
          dropNamed(open, use, version, at);
        }),
      epochs: () => read(epochs),
      beginEpoch: (id, instead, at) => write((open) => beginEpoch(open, id, instead, at)),
      emptied: (id, at) => write((open) => emptied(open, id, at)),
      forgetEpoch: (id) =>
        write((open) => {
          forgetEpoch(open, id);
        }),
    }),
    alone: (work) => alone(join(path, 'rotation'), vault, work),
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      await close();
    },
  };
}

const inTurn = <T>(work: () => T): Promise<T> => Promise.resolve().then(work);

/** LMDB numbers its failures; its messages are about the file, never about what is in it. */
function worded(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof TypeError) return error;
  const code = 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? error : Object.assign(new Error('lmdb'), { code: error.message });
}

async function alone<T>(folder: string, vault: string, work: () => Promise<T>): Promise<T> {
  const lock = await lockFolder(folder).catch((error: unknown) => {
    if (error instanceof LetheError && error.code === 'folder_in_use')
      throw new LetheError('rotation_running');
    throw vaultFailure(vault, error);
  });
  try {
    return await work();
  } finally {
    lock.release();
  }
}
