import { accessSync, constants, mkdtempSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Linux's folder in memory, and how much of it has to be free: the short tests need a small part of that. */
const MEMORY = '/dev/shm';
const ENOUGH_BYTES = 4 * 2 ** 30;

let isMemoryWanted = false;

/**
 * A database is some hundred files: in memory one is made in a fifth of the time it takes on a disk, and most tests make one.
 * Benchmarks and the long forms of tests do not ask for it.
 */
export function preferMemory(): void {
  isMemoryWanted = true;
}

/** A new folder for a server's data, and whether it is in memory. */
export function serverFolder(): { readonly folder: string; readonly inMemory: boolean } {
  const inMemory = isMemoryWanted && hasRoom();
  return { folder: mkdtempSync(join(inMemory ? MEMORY : tmpdir(), 'lethe-test-')), inMemory };
}

function hasRoom(): boolean {
  try {
    accessSync(MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= ENOUGH_BYTES;
  } catch {
    return false; // another system, or a container without it
  }
}
