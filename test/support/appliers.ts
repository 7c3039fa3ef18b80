import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Job } from './apply-child.js';
import { nodeArguments } from './compiled.js';

const SCRIPT = fileURLToPath(new URL('apply-child.ts', import.meta.url));

/** A process that applies a plan, started but held back until `go`. */
export interface Applier {
  go(): void;
  /** `kill -9`. */
  kill(): Promise<void>;
  /** The plan's state, or the code of the error that stopped the run; null when the process was killed. */
  readonly outcome: Promise<string | null>;
}

const running = new Set<ChildProcess>();
const folders: string[] = [];

/** For `afterEach`: no process outlives its test. */
export async function stopAppliers(): Promise<void> {
  for (const child of running) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
  running.clear();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** Starts the process and waits until it is connected and ready. */
export async function startApplier(job: Job, task: 'apply' | 'worker' = 'apply'): Promise<Applier> {
  const folder = mkdtempSync(join(tmpdir(), 'lethe-applier-'));
  folders.push(folder);
  const file = join(folder, 'job.json');
  writeFileSync(file, JSON.stringify(job), { mode: 0o600 });
  const child = spawn(process.execPath, [...nodeArguments(SCRIPT), task, file], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  running.add(child);
  const exit = once(child, 'exit').then(() => undefined);
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async (): Promise<string | null> => {
    const next = await lines.next();
    return next.done === true ? null : next.value;
  };
  if ((await line()) !== 'ready') throw new Error('the applier did not start');
  return {
    go: () => {
      child.stdin.write('go\n');
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exit;
      running.delete(child);
    },
    outcome: line(),
  };
}
