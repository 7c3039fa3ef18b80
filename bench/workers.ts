import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { median, rounded, seconds, type Bench } from './bench.js';
import { serverLine, templateDatabase } from './databases.js';
import { MESSAGES_PER_TICKET } from './desk-data.js';
import { approvedPlan, makeDesk, withDesk } from './desk-engine.js';

const CHILD = fileURLToPath(new URL('./apply-child.ts', import.meta.url));
const WORKERS = [1, 2, 4];

/** Time in which 1, 2 and 4 worker processes apply one plan together. */
export const workers: Bench = async (options) => {
  const size = options.small ? { tickets: 2000, due: 960 } : { tickets: 1_500_000, due: 1_000_000 };
  const dataset = `${size.due} due tickets of ${size.tickets}, ${MESSAGES_PER_TICKET} messages each`;
  options.say(`workers: ${dataset}; ${await serverLine()}`);
  let plan = '';
  const template = await templateDatabase(async (url) => {
    await makeDesk(url, size);
    plan = await withDesk(url, approvedPlan);
  });
  try {
    const times = new Map<number, number[]>(WORKERS.map((count) => [count, []]));
    for (let run = 1; run <= options.runs; run += 1)
      for (const count of WORKERS) {
        const time = await template.onCopy((url) => together(url, plan, count));
        times.get(count)?.push(time);
        options.say(`  run ${run}: ${count} workers ${time.toFixed(1)} s`);
      }
    const perSecond = (count: number): number => Math.round(size.due / median(times.get(count) ?? []));
    return {
      bench: 'workers',
      ratio: rounded(perSecond(4) / perSecond(1)),
      bound: 'report',
      dataset,
      runs: options.runs,
      ...Object.fromEntries(WORKERS.map((count) => [`ticketsPerSecond${count}`, perSecond(count)])),
    };
  } finally {
    await template.drop();
  }
};

/** Seconds from the moment all processes are ready until the last one has ended. */
async function together(url: string, plan: string, count: number): Promise<number> {
  const children = await Promise.all(Array.from({ length: count }, () => start(url, plan)));
  return seconds(() => Promise.all(children.map(finish)));
}

async function start(url: string, plan: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD, plan], {
    env: { ...process.env, DATABASE_URL: url },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(createInterface(child.stdout), 'line');
  return child;
}

async function finish(child: ChildProcess): Promise<void> {
  child.stdin?.end('go\n');
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`a worker ended with ${String(code)}`);
}
