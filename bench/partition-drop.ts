import { byTurns, rounded, seconds, type Bench } from './bench.js';
import { serverLine, templateDatabase, withClient } from './databases.js';
import { actor } from './desk-engine.js';
import { fillPartitions, MESSAGES, plannedPartitions, withPartitions } from './partition-desk.js';

/** Time to take whole partitions, against the engine's own deletion of the same rows one by one; everything recorded alike. */
export const partitionDrop: Bench = async (options) => {
  const perYear = options.small ? 2000 : 40_000;
  const dataset = `3 partitions of ${perYear} due tickets each, ${MESSAGES} messages (partitioned alike) and an event (not) a ticket, ${perYear} younger tickets`;
  options.say(`partition-drop: ${dataset}; ${await serverLine()}`);
  const plans = { whole: '', rows: '' };
  const template = await templateDatabase(async (url) => {
    await fillPartitions(url, perYear);
    await withClient(url, (client) => client.query('analyze'));
    plans.whole = await plannedPartitions(url, true);
    plans.rows = await plannedPartitions(url, false);
  });
  const apply = (isWhole: boolean): Promise<number> =>
    template.onCopy((url) =>
      withPartitions(url, isWhole, async ({ retention }) => {
        const partitions: string[] = [];
        const took = await seconds(() =>
          retention.apply(isWhole ? plans.whole : plans.rows, actor('worker'), {
            partition: ({ partition, outcome }) => {
              if (outcome.kind === 'dropped') partitions.push(partition);
            },
          }),
        );
        if (partitions.length !== (isWhole ? 3 : 0)) throw new Error(`dropped ${partitions.join(', ')}`);
        return took;
      }),
    );
  try {
    const [whole, rows] = await byTurns(
      options,
      { name: 'partitions', run: () => apply(true) },
      { name: 'rows', run: () => apply(false) },
    );
    return {
      bench: 'partition-drop',
      ratio: rounded(whole / rows),
      bound: 'report',
      dataset,
      runs: options.runs,
      ticketsPerSecond: Math.round((3 * perYear) / whole),
      rowByRowTicketsPerSecond: Math.round((3 * perYear) / rows),
    };
  } finally {
    await template.drop();
  }
};
