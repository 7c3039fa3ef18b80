import type { Engine } from '../src/engine.js';
import type { Vault } from '../src/vault/vault.js';
import { dropVault, vaultOf } from '../test/support/vault.js';
import { byTurns, rounded, seconds, type Bench, type BenchOptions, type Verdict } from './bench.js';
import { serverLine, templateDatabase } from './databases.js';
import { MESSAGES_PER_TICKET } from './desk-data.js';
import { actor, approvedPlan, makeDesk, withDesk } from './desk-engine.js';
import { purge, readBatches } from './purge.js';

/** Rows a second that the engine deletes, against a script that does the same work and keeps no books. */
export const retentionApply: Bench = (options) => measure(options, 'retention-apply', () => null);

/** The same with a vault: every batch is journaled before it commits, and the ledger is sealed at the end. */
export const retentionApplyVault: Bench = (options) => measure(options, 'retention-apply-vault', vaultOf);

async function measure(
  options: BenchOptions,
  bench: string,
  vault: (url: string) => Vault | null,
): Promise<Verdict> {
  const size = options.small ? { tickets: 2000, due: 960 } : { tickets: 300_000, due: 200_000 };
  const dataset = `${size.due} due tickets of ${size.tickets}, ${MESSAGES_PER_TICKET} messages each`;
  options.say(`${bench}: ${dataset}; ${await serverLine()}`);
  let plan = '';
  const template = await templateDatabase(async (url) => {
    await makeDesk(url, size);
    plan = await withDesk(url, approvedPlan);
  });
  try {
    const engine = async (url: string): Promise<number> => {
      const apply = (desk: Engine): Promise<number> =>
        seconds(() => desk.retention.apply(plan, actor('worker')));
      try {
        return await withDesk(url, apply, vault(url));
      } finally {
        dropVault(url);
      }
    };
    const baseline = async (url: string): Promise<number> => {
      const batches = await readBatches(url, plan);
      return seconds(() => purge(url, batches));
    };
    const [ours, theirs] = await byTurns(
      options,
      { name: 'engine', run: () => template.onCopy(engine) },
      { name: 'baseline', run: () => template.onCopy(baseline) },
    );
    return {
      bench,
      ratio: rounded(theirs / ours),
      bound: '>=0.8',
      dataset,
      runs: options.runs,
      ticketsPerSecond: Math.round(size.due / ours),
      baselineTicketsPerSecond: Math.round(size.due / theirs),
    };
  } finally {
    await template.drop();
  }
}
