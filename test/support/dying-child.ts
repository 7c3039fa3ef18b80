/* Applies a plan and dies by kill -9 at a certain point: `node --import tsx dying-child.ts <intended|committed|sealed> <job.json>`. */
import { readFileSync } from 'node:fs';
import { openPostgres } from '../../src/db/postgres.js';
import { guardedTables } from '../../src/datamap/graph.js';
import { engineOver } from '../../src/engine.js';
import type { Vault } from '../../src/vault/vault.js';
import type { Job } from './apply-child.js';
import { mapOf, operator, policiesOf, TODAY } from './small-desk.js';
import { vaultOf } from './vault.js';

const [, , point, file = ''] = process.argv;
const { url, map, policies, plan } = JSON.parse(readFileSync(file, 'utf8')) as Job;

const die = (): Promise<never> => {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
};

const real = vaultOf(url);
const vault: Vault = {
  ...real,
  intend: async (act) => {
    await real.intend(act);
    if (point === 'intended') await die();
  },
  confirm: (id) => (point === 'committed' ? die() : real.confirm(id)),
  recordSeal: (seal) => (point === 'sealed' ? die() : real.recordSeal(seal)),
};

const graph = mapOf(map);
const db = await openPostgres(url);
db.guard(guardedTables(graph));
const engine = engineOver({
  db,
  graph,
  policiesInForce: () => Promise.resolve(policiesOf(graph, policies)),
  clock: TODAY,
  vault,
});
await engine.retention.apply(plan, operator);
console.log('it lived');
