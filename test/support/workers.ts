import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { BrakeSettings } from '../../src/jobs/brakes.js';
import { nodeArguments } from './compiled.js';
import type { FastClock } from './published.js';
import type { Json } from './small-desk.js';

const SCRIPT = fileURLToPath(new URL('worker-child.ts', import.meta.url));

/** What a worker process is told. */
export interface WorkerJob {
  readonly url: string;
  readonly map: Json;
  readonly parameters?: Readonly<Record<string, string | number>>;
  readonly policies: readonly Json[];
  readonly clock: FastClock;
  readonly brakes?: BrakeSettings;
  /** Milliseconds between rounds. */
  readonly roundEvery?: number;
}

/** A worker in a process of its own. */
export interface WorkerProcess {
  /** Lets it begin; until then it is loaded and waits. */
  readonly go: () => void;
  /** SIGKILL; resolves when it is dead. */
  readonly kill: () => Promise<void>;
  /** SIGTERM; resolves with its exit code. */
  readonly stop: () => Promise<number | null>;
  /** The lines of its log so far. */
  readonly lines: readonly Json[];
}

const running = new Set<ChildProcess>();
const folders: string[] = [];

/** For `afterEach`: no worker outlives its test. */
export function stopWorkers(): void {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** Starts a worker process; resolves when it is loaded. */
export async function startWorker(job: WorkerJob): Promise<WorkerProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'lethe-worker-'));
  folders.push(folder);
  const file = join(folder, 'job.json');
  writeFileSync(file, JSON.stringify(job), { mode: 0o600 });
  const child = spawn(process.execPath, [...nodeArguments(SCRIPT), file], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  running.add(child);
  const exit = once(child, 'exit').then(([code]) => {
    running.delete(child);
    return code as number | null;
  });
  child.stdin.on('error', () => undefined);
  const lines: Json[] = [];
  const ready = new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line === 'ready') resolve();
      else lines.push(JSON.parse(line) as Json);
    });
    void exit.then(() => {
      reject(new Error('the worker ended before it was ready'));
    });
  });
  await ready;
  return {
    go: () => {
      child.stdin.write('go\n');
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exit;
    },
    stop: () => {
      child.kill('SIGTERM');
      return exit;
    },
    lines,
  };
}
