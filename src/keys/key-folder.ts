import { chmod, mkdir, open as openFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { open, type Database, type RootDatabase } from 'lmdb';
import { whenMissing } from '../vault/durable-file.js';

type Table = Database<Buffer, Buffer>;

/** The tables of a folder of keys. A position is 8 bytes, big end first; an id its 16 bytes. */
export interface KeyFolder {
  readonly root: RootDatabase<Buffer, Buffer>;
  /** id → number of the epoch (4), use (1), wrapped key */
  readonly keys: Table;
  /** id → when it was destroyed */
  readonly destroyed: Table;
  /** position → id */
  readonly positions: Table;
  /** when it was destroyed, id → nothing */
  readonly moments: Table;
  /** the one register */
  readonly register: Table;
}

/** After the head of the first page, which has two lengths. */
const MAGIC = 0xbeefc0de;

interface Opened {
  readonly folder: Promise<KeyFolder>;
  holders: number;
}

/** LMDB's file locks are the process's: one that opened a folder twice would lose them with the first close. */
const opened = new Map<string, Opened>();
const closing = new Map<string, Promise<void>>();

/**
 * Opens the folder of keys, which several processes of one machine may do at once; LMDB does not work over a network file system.
 * Mode 700, files 600.
 */
export async function openKeyFolder(
  path: string,
): Promise<{ readonly folder: KeyFolder; readonly close: () => Promise<void> }> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const place = await realpath(path);
  const shared = opened.get(place) ?? { folder: openFresh(place), holders: 0 };
  opened.set(place, shared);
  shared.holders += 1;
  try {
    return { folder: await shared.folder, close: () => letGo(place, shared) };
  } catch (error) {
    if (opened.get(place) === shared) opened.delete(place);
    throw error;
  }
}

async function openFresh(place: string): Promise<KeyFolder> {
  await closing.get(place);
  await chmod(place, 0o700);
  await requireLmdb(join(place, 'data.mdb'));
  const root = open<Buffer, Buffer>({
    path: place,
    // a path with a dot in it is taken for a file's otherwise
    noSubdir: false,
    maxDbs: 5,
    encoding: 'binary',
    keyEncoding: 'binary',
    // a commit is on the disk when it returns
    overlappingSync: false,
  });
  const table = (name: string): Table =>
    root.openDB<Buffer, Buffer>(name, { encoding: 'binary', keyEncoding: 'binary' });
  const folder = {
    root,
    keys: table('keys'),
    destroyed: table('destroyed'),
    positions: table('positions'),
    moments: table('moments'),
    register: table('register'),
  };
  for (const file of ['data.mdb', 'lock.mdb']) await chmod(join(place, file), 0o600);
  return folder;
}

/** LMDB maps whatever is there into memory, and a file that is none of its own takes the process down. */
async function requireLmdb(path: string): Promise<void> {
  const head = await whenMissing(
    () => beginningOf(path),
    () => null,
  );
  if (head === null || head.length === 0) return;
  const isOne = [16, 24].some((at) => head.length > at + 4 && head.readUInt32LE(at) === MAGIC);
  if (!isOne) throw Object.assign(new Error('damaged'), { code: 'keys/data.mdb is damaged' });
}

async function beginningOf(path: string): Promise<Buffer> {
  const file = await openFile(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function letGo(place: string, shared: Opened): Promise<void> {
  shared.holders -= 1;
  if (shared.holders > 0) return;
  opened.delete(place);
  const { root } = await shared.folder;
  const closed = root.close();
  closing.set(place, closed);
  await closed;
  if (closing.get(place) === closed) closing.delete(place);
}
