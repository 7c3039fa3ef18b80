/* Applies a plan that ends keys and dies by kill -9 around their destruction: `node destroying-child.ts <point> <job.json>`. */
import { readFileSync } from 'node:fs';
import { guardedTables } from '../../src/datamap/graph.js';
import { openPostgres } from '../../src/db/postgres.js';
import { engineOver } from '../../src/engine.js';
import type { Keys, KeysConfig } from '../../src/keys/keys.js';
import { openKeys } from '../../src/keys/open-keys.js';
import type { VaultPlace } from '../../src/vault/open.js';
import { mapOf, operator, policiesOf, TODAY, type Json } from './small-desk.js';
import { vaultOf } from './vault.js';

export interface DestroyingJob {
  readonly url: string;
  readonly map: Json;
  readonly policies: readonly Json[];
  readonly plan: string;
  readonly keys: { readonly config: KeysConfig; readonly vault: VaultPlace; readonly id: string };
}

/**
 * `committed`: the batch is, no key is destroyed; `destroyed`: the vault has, nobody has noted it; or at an instant, so many
 * milliseconds after the first destruction began.
 */
const [, , point = '', file = ''] = process.argv;
const job = JSON.parse(readFileSync(file, 'utf8')) as DestroyingJob;

const die = (): Promise<never> => {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
};

function dyingKeys(keys: Keys): Keys {
  const { keyring } = keys;
  const destroy: Keys['keyring']['destroy'] = async (ids, at) => {
    if (point === 'committed') return die();
    if (Number(point) >= 0) setTimeout(() => void die(), Number(point));
    await keyring.destroy(ids, at);
    if (point === 'destroyed') await die();
  };
  return {
    ...keys,
    keyring: new Proxy(keyring, { get: (ring, name) => (name === 'destroy' ? destroy : bound(ring, name)) }),
  };
}

const bound = (ring: object, name: string | symbol): unknown => {
  const value: unknown = Reflect.get(ring, name);
  return typeof value === 'function' ? (value.bind(ring) as unknown) : value;
};

const graph = mapOf(job.map);
const db = await openPostgres(job.url);
db.guard(guardedTables(graph));
const keys = await openKeys(job.keys.config, {
  vaultPlace: job.keys.vault,
  vaultId: () => Promise.resolve(job.keys.id),
  clock: TODAY,
});
const engine = engineOver({
  db,
  graph,
  policiesInForce: () => Promise.resolve(policiesOf(graph, job.policies)),
  clock: TODAY,
  vault: vaultOf(job.url),
  keys: dyingKeys(keys),
});
await engine.retention.apply(job.plan, operator);
console.log('it lived');
await engine.close();
