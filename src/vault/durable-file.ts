import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { removeLeft, temporaryName } from './left-files.js';

/** Replaces a file as a whole, or leaves the old one; what returns is on the disk. Mode 600, in a folder of mode 700. */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  await viaTemporary(dirname(path), content, async (temporary) => {
    await rename(temporary, path);
    return true;
  });
}

/** False, and nothing is written, when the file exists. A hard link, unlike a rename, replaces nothing. */
export const createFile = (path: string, content: string): Promise<boolean> =>
  viaTemporary(dirname(path), content, async (temporary) => {
    try {
      await link(temporary, path);
      return true;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
      throw error;
    }
  });

/**
 * Writes and syncs a file of another name, lets `place` put it where it belongs, and syncs the folder. What a killed process left of
 * the same is removed first.
 */
async function viaTemporary(
  folder: string,
  content: string | Uint8Array,
  place: (temporary: string) => Promise<boolean>,
): Promise<boolean> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await removeLeft(folder);
  const temporary = join(folder, temporaryName());
  let placed: boolean;
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    placed = await place(temporary);
  } finally {
    // also when it failed: it may hold a key
    await rm(temporary, { force: true });
  }
  await syncFolder(folder);
  return placed;
}

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** `otherwise` where there is no such file. */
export async function whenMissing<T>(read: () => Promise<T>, otherwise: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return otherwise();
    throw error;
  }
}
