import { byTurns, rounded, seconds, type Bench } from './bench.js';
import { serverLine, templateDatabase } from './databases.js';
import { MESSAGES_PER_TICKET } from './desk-data.js';
import { actor, approvedPlan, makeDesk, withDesk } from './desk-engine.js';
import { purge, readBatches } from './purge.js';

/** Rows a second that the engine deletes, against a script that does the same work and keeps no books. */
export const retentionApply: Bench = async (options) => {
  const size = options.small ? { tickets: 2000, due: 960 } : { tickets: 300_000, due: 200_000 };
  const dataset = `${size.due} due tickets of ${size.tickets}, ${MESSAGES_PER_TICKET} messages each`;
  options.say(`retention-apply: ${dataset}; ${await serverLine()}`);
  let plan = '';
  const template = await templateDatabase(async (url) => {
    await makeDesk(url, size);
    plan = await withDesk(url, approvedPlan);
  });
  try {
    const engine = (url: string): Promise<number> =>
      withDesk(url, (desk) => seconds(() => desk.retention.apply(plan, actor('worker'))));
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
      bench: 'retention-apply',
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
};
