/* A worker as a process of its own: `node --import tsx worker-child.ts <job.json>`. Ends with SIGTERM. */
import { readFileSync } from 'node:fs';
import { openPostgres } from '../../src/db/postgres.js';
import { guardedTables } from '../../src/datamap/graph.js';
import { engineOver, type Engine } from '../../src/engine.js';
import { runWorker } from '../../src/jobs/daemon.js';
import { openLog } from '../../src/log/log.js';
import { requireCurrent } from '../../src/ledger/standing.js';
import { requireOwnVault } from '../../src/ledger/vault-link.js';
import { fastClock } from './published.js';
import { mapOf, operator, policiesOf } from './small-desk.js';
import { vaultOf } from './vault.js';
import type { WorkerJob } from './workers.js';

const [, , file = ''] = process.argv;
const {
  url,
  map,
  parameters,
  policies,
  clock,
  brakes = {},
  roundEvery = 200,
} = JSON.parse(readFileSync(file, 'utf8')) as WorkerJob;

const graph = mapOf(map, parameters);
const inForce = policiesOf(graph, policies);

/** As `createEngine` does it, but for the map and the policies. */
async function open(): Promise<Engine> {
  const db = await openPostgres(url);
  const vault = vaultOf(url);
  db.guard(guardedTables(graph));
  try {
    await requireOwnVault(db, vault);
    await requireCurrent(db, vault);
  } catch (error) {
    await db.close();
    throw error;
  }
  return engineOver({
    db,
    graph,
    policiesInForce: () => Promise.resolve(inForce),
    clock: fastClock(clock),
    vault,
  });
}

const leave = new AbortController();
process.once('SIGTERM', () => {
  leave.abort();
});
console.log('ready');
await new Promise((resolve) => process.stdin.once('data', resolve));
process.stdin.pause();
await runWorker({
  open,
  actor: operator,
  log: openLog(process.stdout),
  brakes,
  leave: leave.signal,
  roundEvery,
});
