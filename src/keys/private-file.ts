import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { LetheError } from '../core/errors.js';
import { systemReason } from '../core/system-reason.js';

/** How a file's troubles are told: a key file and a file of epoch keys have codes of their own. */
export interface FileTroubles {
  /** @param mode octal, such as `644` */
  unsafe(mode: string): LetheError;
  unusable(reason: string): LetheError;
}

/** Windows has no such bits; there the folder's rights must do. */
const HAS_MODES = process.platform !== 'win32';

/** The text of a file that its owner alone may read; null where there is none. Looked at and read through one handle. */
export async function readPrivate(path: string, troubles: FileTroubles): Promise<string | null> {
  try {
    // a pipe of that name must not make us wait for its other end
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = await handle.stat();
      if (!found.isFile()) throw troubles.unusable(found.isDirectory() ? 'it is a folder' : 'it is no file');
      const mode = found.mode & 0o777;
      if (HAS_MODES && (mode & 0o077) !== 0) throw troubles.unsafe(mode.toString(8));
      return await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw asTrouble(error, troubles);
  }
}

/** Runs what touches the file, and tells its troubles. */
export async function onFile<T>(troubles: FileTroubles, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asTrouble(error, troubles);
  }
}

const asTrouble = (error: unknown, troubles: FileTroubles): unknown =>
  error instanceof Error && 'syscall' in error ? troubles.unusable(systemReason(error)) : error;
