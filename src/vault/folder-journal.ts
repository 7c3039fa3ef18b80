import { constants } from 'node:fs';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { checkedText, withCheck } from './checked-line.js';
import { replaceFile, syncFolder, whenMissing } from './durable-file.js';
import type { JournalLine } from './journal.js';

const { O_APPEND, O_WRONLY } = constants;
const NEWLINE = 0x0a;
const BEGINS = 'begins ';

/** The newline before: a line that a full disk cut short must not swallow the next one. */
export async function appendLine(path: string, line: string): Promise<void> {
  const handle = await openJournal(path);
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
function openJournal(path: string): Promise<FileHandle> {
  return whenMissing(
    () => open(path, O_WRONLY | O_APPEND),
    async () => {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const made = await open(path, 'a', 0o600);
      await syncFolder(dirname(path));
      return made;
    },
  );
}

/**
 * Lines from a position on. A position is a place in the journal as it was before anything was dropped: the first line of a
 * file that lost its beginning says at which position the rest begins.
 */
export async function readLines(
  path: string,
  from: number,
): Promise<{ readonly lines: readonly JournalLine[]; readonly end: number }> {
  const { start, bytes } = await bytesFrom(path, from);
  const lines: JournalLine[] = [];
  let begin = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, begin)) {
    if (at > begin) lines.push({ position: start + begin, line: bytes.toString('utf8', begin, at) });
    begin = at + 1;
  }
  return { lines, end: start + begin }; // what follows the last newline is still being written, or was cut short
}

/** One rename: whoever reads sees the file before or after. */
export async function dropLinesBefore(path: string, position: number): Promise<void> {
  const { start, bytes } = await bytesFrom(path, position);
  if (start > position) return; // it begins after that already
  const head = Buffer.from(`${withCheck(`${BEGINS}${position}`)}\n`);
  await replaceFile(path, Buffer.concat([head, bytes]));
}

interface Stretch {
  /** Position of the first byte. */
  readonly start: number;
  readonly bytes: Buffer;
}

async function bytesFrom(path: string, from: number): Promise<Stretch> {
  const whole = await whenMissing(
    () => readWhole(path, from),
    () => ({ start: 0, bytes: Buffer.alloc(0), end: 0 }),
  );
  // the vault's last seal knows of more: somebody put an older journal back, or cut this one
  if (from > whole.end) throw Object.assign(new Error('shorter'), { code: 'its journal was cut short' });
  return whole;
}

async function readWhole(path: string, from: number): Promise<Stretch & { readonly end: number }> {
  const handle = await open(path, 'r');
  try {
    const [{ size }, { head, position }] = [await handle.stat(), await beginning(handle)];
    const start = Math.max(from, position);
    const bytes = Buffer.alloc(Math.max(0, size - head - (start - position)));
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, head + (start - position));
    return { start, bytes: bytes.subarray(0, bytesRead), end: position + size - head };
  } finally {
    await handle.close();
  }
}

/** How long the line is that says where the file begins, and what it says. */
async function beginning(handle: FileHandle): Promise<{ readonly head: number; readonly position: number }> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(64), 0, 64, 0);
  const text = buffer.toString('latin1', 0, bytesRead);
  if (bytesRead === 0 || text.startsWith('\n')) return { head: 0, position: 0 };
  const [line = ''] = text.split('\n', 1);
  const said = checkedText(line);
  if (said === null || said === 'damaged' || !said.text.startsWith(BEGINS))
    throw Object.assign(new Error('damaged'), { code: 'its journal is damaged at its beginning' });
  return { head: line.length + 1, position: Number(said.text.slice(BEGINS.length)) };
}
