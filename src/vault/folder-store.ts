import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, mkdir, open, readFile, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { JournalLine } from './journal.js';
import type { DocumentName, VaultStore } from './store.js';

const { O_APPEND, O_WRONLY } = constants;
const NEWLINE = 0x0a;
const JOURNAL = 'journal.ndjson';

/**
 * A vault in a folder (mode 700, files 600). Documents are replaced by renaming a synced file; the journal is one file that
 * several processes append to: each line is one write to a file opened with O_APPEND.
 */
export function folderStore(folder: string): VaultStore {
  const path = (name: DocumentName): string => join(folder, `${name}.json`);
  return {
    place: folder,
    read: (name) =>
      whenMissing<string | null>(
        () => readFile(path(name), 'utf8'),
        () => null,
      ),
    write: (name, content) =>
      viaTemporary(folder, content, async (temporary) => {
        await rename(temporary, path(name));
        return true;
      }).then(() => undefined),
    create: (name, content) => viaTemporary(folder, content, (temporary) => linked(temporary, path(name))),
    append: (line) => appendLine(folder, line),
    lines: (from) => readLines(join(folder, JOURNAL), from),
    close: () => Promise.resolve(), // nothing is kept open
  };
}

/** The newline before: a line that a full disk cut short must not swallow the next one. */
async function appendLine(folder: string, line: string): Promise<void> {
  const handle = await openJournal(folder);
  try {
    const bytes = Buffer.from(`\n${line}\n`);
    const { bytesWritten } = await handle.write(bytes);
    if (bytesWritten !== bytes.length) throw Object.assign(new Error('short write'), { code: 'ENOSPC' });
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** Opened for every line, so that a vault put in another's place is the one that is written to. */
async function openJournal(folder: string): Promise<FileHandle> {
  const path = join(folder, JOURNAL);
  return whenMissing(
    () => open(path, O_WRONLY | O_APPEND),
    async () => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const made = await open(path, 'a', 0o600);
      await syncFolder(folder);
      return made;
    },
  );
}

async function readLines(
  path: string,
  from: number,
): Promise<{ readonly lines: readonly JournalLine[]; readonly end: number }> {
  const bytes = await whenMissing(
    () => bytesFrom(path, from),
    () => Buffer.alloc(0),
  );
  const lines: JournalLine[] = [];
  let start = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, start)) {
    if (at > start) lines.push({ position: from + start, line: bytes.toString('utf8', start, at) });
    start = at + 1;
  }
  return { lines, end: from + start }; // what follows the last newline is still being written, or was cut short
}

async function bytesFrom(path: string, from: number): Promise<Buffer> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const bytes = Buffer.alloc(Math.max(0, size - from));
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, from);
    return bytes.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Writes and syncs a file of another name, lets `place` put it where it belongs, and syncs the folder. */
async function viaTemporary(
  folder: string,
  content: string,
  place: (temporary: string) => Promise<boolean>,
): Promise<boolean> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const temporary = join(folder, `.new-${randomBytes(6).toString('hex')}`);
  const handle = await open(temporary, 'wx', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  const placed = await place(temporary);
  await rm(temporary, { force: true });
  await syncFolder(folder);
  return placed;
}

/** A hard link, unlike a rename, replaces nothing. */
async function linked(temporary: string, path: string): Promise<boolean> {
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function whenMissing<T>(read: () => Promise<T>, otherwise: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return otherwise();
    throw error;
  }
}
