import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Instant } from '../../src/core/instant.js';
import type { StoredEpoch } from '../../src/keys/epoch-store.js';
import type { KeysConfig } from '../../src/keys/keys.js';

/** An epoch for tests of where they are kept. */
export const epochOf = (id: string, byte = 7): StoredEpoch => ({
  id,
  wrapped: Buffer.alloc(60, byte),
  madeAt: '2026-11-21T10:00:00.000001Z' as Instant,
});

/** A folder for one test; `remove` takes it away. */
export async function freshFolder(): Promise<{
  path: (name: string) => string;
  remove: () => Promise<void>;
}> {
  const folder = await mkdtemp(join(tmpdir(), 'lethe-test-'));
  return {
    path: (name) => join(folder, name),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

const CHILD = fileURLToPath(new URL('./epochs-child.ts', import.meta.url));

export interface Writer {
  /** When it may begin. */
  readonly ready: Promise<unknown>;
  /** What it was told is stored; grows. */
  readonly stored: string[];
  readonly ended: Promise<unknown>;
  kill(): void;
}

/** Another process that stores `count` epochs, `name-0`, `name-1` …, as soon as the file `go` is there. */
export function startWriter(root: KeysConfig['root'], name: string, count: number, go = ''): Writer {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', CHILD, JSON.stringify(root), name, String(count), go],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const stored: string[] = [];
  const lines = createInterface({ input: child.stdout });
  const ready = once(lines, 'line');
  lines.on('line', (line) => {
    if (line !== 'ready') stored.push(line);
  });
  return {
    ready,
    stored,
    ended: Promise.all([once(child, 'close'), once(lines, 'close')]),
    kill: () => child.kill('SIGKILL'),
  };
}
