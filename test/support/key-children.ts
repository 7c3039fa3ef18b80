import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { VaultPlace } from '../../src/vault/open.js';

export interface KeyChild {
  /** The lines it has said so far. */
  readonly said: readonly string[];
  /** When it has said so many lines. */
  readonly hasSaid: (lines: number) => Promise<void>;
  /** When it has ended by itself, well. */
  readonly ended: Promise<void>;
  /** kill -9 */
  readonly kill: () => Promise<void>;
}

/** Starts test/support/<file> with arguments of its own. */
export function startChild(file: string, args: readonly string[]): KeyChild {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', path, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: string[] = [];
  const moved = new EventEmitter();
  createInterface({ input: child.stdout }).on('line', (line) => {
    said.push(line);
    moved.emit('moved');
  });
  child.once('exit', () => moved.emit('moved'));
  const ended = endOf(child);
  ended.catch(() => undefined); // those who kill it do not wait for a good end
  return {
    said,
    ended,
    hasSaid: async (count) => {
      while (said.length < count) {
        if (child.exitCode !== null || child.signalCode !== null) throw new Error('the child is dead');
        await once(moved, 'moved');
      }
    },
    kill: async () => {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

export const keyChild = (task: string, place: VaultPlace, ...args: readonly string[]): KeyChild =>
  startChild('./key-child.ts', [task, JSON.stringify(place), ...args]);

async function endOf(child: ChildProcess): Promise<void> {
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the child ended with ${String(code)}`);
}
