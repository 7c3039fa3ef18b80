import { createHash, randomBytes } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isRunning, thisProcess } from '../db/process-id.js';

/** Of a writer that cannot be looked up, in another container or on another machine: none takes so long. */
const OUT_OF_SIGHT_MS = 60 * 60_000;

const NAME = /^\.new-([0-9a-f]{8})-(\d+)-([0-9a-f-]*(?:\.\d+)?)-[0-9a-f]{12}$/;

const tagOf = (space: string): string => createHash('sha256').update(space).digest('hex').slice(0, 8);

/** A name for a file that is being written, which says who writes it: `.new-`, where its pid means something, pid, start, chance. */
export function temporaryName(): string {
  const { pid, start, space } = thisProcess();
  return ['.new', tagOf(space), pid, start.replace(' ', '.'), randomBytes(6).toString('hex')].join('-');
}

/**
 * Removes what killed processes left half-written in a folder: it may hold a key. Nothing of a process that lives; what may not be
 * removed is another user's.
 */
export async function removeLeft(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (await isLeft(name, path)) await rm(path, { force: true }).catch(() => undefined);
  }
}

async function isLeft(name: string, path: string): Promise<boolean> {
  const [, tag, pid, start = ''] = NAME.exec(name) ?? [];
  const { space } = thisProcess();
  if (tag === undefined) return false;
  if (tag === tagOf(space)) return !isRunning({ pid: Number(pid), start: start.replace('.', ' '), space });
  const written = await stat(path).catch(() => null);
  return written !== null && Date.now() - written.mtimeMs > OUT_OF_SIGHT_MS;
}
