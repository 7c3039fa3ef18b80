import {
  mkdirSync,
  openSync,
  closeSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimes,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { LetheError } from '../core/errors.js';
import { isRunning, seesSameProcesses, thisProcess, type ProcessId } from './process-id.js';

export interface FolderLock {
  readonly release: () => void;
}

/** A holder that cannot be looked up (another container on the same volume) shows that it lives by touching its file. */
const BEAT_MS = 3_000;
const DEAD_AFTER_MS = 15_000;
/** A lock file is written right after it is created; one still empty after this long belongs to a process that died between. */
const EMPTY_FOR_MS = 1_000;

/**
 * Takes the folder for this process alone (PGlite takes no lock, and two processes lose each other's rows).
 * Every holder creates `lock-N` with the next number, which only one can. A number is never used twice: a lower file is removed
 * only when a higher one exists, and a released one stays, so a slow contender cannot come back with an old number.
 * Throws folder_in_use with the holder's pid.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (;;) {
    const last = lastNumber(folder);
    await refuseWhileHeld(folder, last);
    const mine = last + 1;
    if (!create(folder, mine)) continue;
    // Someone may have taken us for dead before our file was written, or we the holder before us: look again, both ways.
    if (lastNumber(folder) === mine && !isHeld(folder, last)) return hold(folder, mine);
    rmSync(fileOf(folder, mine), { force: true });
  }
}

const fileOf = (folder: string, number: number): string => join(folder, `lock-${number}`);

const numbers = (folder: string): number[] =>
  readdirSync(folder).flatMap((name) => (/^lock-\d+$/.test(name) ? [Number(name.slice(5))] : []));

const lastNumber = (folder: string): number => Math.max(0, ...numbers(folder));

function create(folder: string, number: number): boolean {
  try {
    const file = openSync(fileOf(folder, number), 'wx', 0o600);
    writeFileSync(file, JSON.stringify(thisProcess()));
    closeSync(file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function hold(folder: string, number: number): FolderLock {
  const file = fileOf(folder, number);
  for (const lower of numbers(folder)) if (lower < number) rmSync(fileOf(folder, lower), { force: true });
  const beat = setInterval(() => {
    const now = new Date();
    utimes(file, now, now, ignore);
  }, BEAT_MS);
  beat.unref();
  return {
    release: () => {
      clearInterval(beat);
      if (existsSync(file)) writeFileSync(file, 'released');
    },
  };
}

/** Who deletes the folder under us has nothing left to protect. */
const ignore = (): void => undefined;

interface Holder {
  readonly text: string;
  readonly beat: number;
}

function holderOf(folder: string, number: number): Holder | undefined {
  try {
    const file = fileOf(folder, number);
    return { text: readFileSync(file, 'utf8'), beat: statSync(file).mtimeMs };
  } catch {
    return undefined;
  }
}

/** Throws folder_in_use when the holder lives. A holder out of sight is watched for a while. */
async function refuseWhileHeld(folder: string, number: number): Promise<void> {
  const first = holderOf(folder, number);
  const holder = parse(first);
  if (first === undefined || holder === 'released') return;
  const inSight = holder !== 'unwritten' && seesSameProcesses(holder);
  if (inSight && !isRunning(holder)) return;
  const refusal = new LetheError('folder_in_use', { folder, pid: holder === 'unwritten' ? 0 : holder.pid });
  if (inSight) throw refusal;
  const patience = holder === 'unwritten' ? EMPTY_FOR_MS : DEAD_AFTER_MS;
  const deadline = Math.min(first.beat, Date.now()) + patience;
  while (Date.now() < deadline) {
    await pause(100);
    const now = holderOf(folder, number);
    if (now?.text !== first.text) return refuseWhileHeld(folder, number);
    if (now.beat !== first.beat) throw refusal;
  }
}

function isHeld(folder: string, number: number): boolean {
  const holder = parse(holderOf(folder, number));
  return typeof holder === 'object' && seesSameProcesses(holder) && isRunning(holder);
}

function parse(holder: Holder | undefined): ProcessId | 'released' | 'unwritten' {
  if (holder === undefined || holder.text === 'released') return 'released';
  try {
    return JSON.parse(holder.text) as ProcessId;
  } catch {
    return 'unwritten';
  }
}
