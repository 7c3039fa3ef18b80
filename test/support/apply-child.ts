/* A second process for the tests of apply: `node --import tsx apply-child.ts <task> <job.json>`. */
import { readFileSync } from 'node:fs';
import { LetheError } from '../../src/core/errors.js';
import { openPostgres } from '../../src/db/postgres.js';
import { guardedTables } from '../../src/datamap/graph.js';
import { engineOver, type Engine } from '../../src/engine.js';
import { workOnce } from '../../src/jobs/worker.js';
import { vaultOf } from './vault.js';
import { mapOf, operator, policiesOf, TODAY, type Json } from './small-desk.js';

export interface Job {
  readonly url: string;
  readonly map: Json;
  readonly policies: readonly Json[];
  readonly plan: string;
}

const [, , task, file = ''] = process.argv;
const { url, map, policies, plan } = JSON.parse(readFileSync(file, 'utf8')) as Job;

const graph = mapOf(map);
const db = await openPostgres(url);
db.guard(guardedTables(graph));
const engine: Engine = engineOver({
  db,
  graph,
  policiesInForce: () => Promise.resolve(policiesOf(graph, policies)),
  clock: TODAY,
  vault: vaultOf(url),
});

/** Says `ready`, waits for a line, applies, and says `done` or the code of the error. */
async function run(): Promise<string> {
  console.log('ready');
  await new Promise((resolve) => process.stdin.once('data', resolve));
  process.stdin.pause();
  if (task === 'worker') return (await workOnce(engine, operator)).map(({ outcome }) => outcome).join();
  try {
    return (await engine.retention.apply(plan, operator)).state;
  } catch (error) {
    if (error instanceof LetheError) return error.code;
    throw error;
  }
}

console.log(await run());
await engine.close();
