import { parseArgs } from 'node:util';
import { stopServer } from '../test/support/server.js';
import type { Bench } from './bench.js';

const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  'retention-apply': async () => (await import('./retention-apply.js')).retentionApply,
  'retention-apply-vault': async () => (await import('./retention-apply.js')).retentionApplyVault,
  'retention-plan': async () => (await import('./retention-plan.js')).retentionPlan,
  'retention-growth': async () => (await import('./retention-growth.js')).retentionGrowth,
  'partition-drop': async () => (await import('./partition-drop.js')).partitionDrop,
  'rt-retention': async () => (await import('./rt-retention.js')).rtRetention,
  workers: async () => (await import('./workers.js')).workers,
  'guarded-read': async () => (await import('./guarded-read.js')).guardedRead,
  'guarded-list': async () => (await import('./guarded-list.js')).guardedList,
  'http-route': async () => (await import('./http-route.js')).httpRoute,
  decisions: async () => (await import('./decisions.js')).decisions,
  attachments: async () => (await import('./attachments.js')).attachments,
  ledger: async () => (await import('./ledger.js')).ledger,
  keys: async () => (await import('./keys.js')).keys,
  'keys-million': async () => (await import('./keys.js')).keysMillion,
};

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { small: { type: 'boolean', default: false }, runs: { type: 'string' } },
});
const load = BENCHES[positionals[0] ?? ''];
const runs = Number(values.runs ?? (values.small ? 1 : 5));

if (load === undefined || positionals.length > 1 || !Number.isInteger(runs) || runs < 1) {
  console.error(
    `npm run bench -- NAME [--small] [--runs N], NAME one of: ${Object.keys(BENCHES).join(', ')}`,
  );
  process.exitCode = 2;
} else {
  try {
    const bench = await load();
    const say = (line: string): void => {
      console.log(line);
    };
    console.log(JSON.stringify(await bench({ small: values.small, runs, say })));
  } finally {
    await stopServer();
  }
}
