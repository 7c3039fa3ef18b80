import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { byTurns, rounded, seconds, type Bench } from './bench.js';
import { serverLine, templateDatabase, withClient } from './databases.js';
import { actor, withEngine } from './desk-engine.js';
import { RT_PURGE } from './rt-purge.js';

const DUMP = fileURLToPath(new URL('../../shared/data/request-tracker/rt5.sql.gz', import.meta.url));
const RULE = 'rt-resolved-three-years';
const AS_OF = '2026-11-21T00:00:00Z';

/** Tickets a second of a whole rule, planned and applied, on a Request Tracker database, beside bare hand-written SQL. */
export const rtRetention: Bench = async (options) => {
  const bench = { bench: 'rt-retention', bound: 'report', dataset: 'Request Tracker 5, 1,517 tickets' };
  if (!existsSync(DUMP)) {
    options.say(`rt-retention: skipped, ${DUMP} is not there`);
    return { ...bench, ratio: null, runs: 0 };
  }
  options.say(`rt-retention: ${bench.dataset}; ${await serverLine()}`);
  const text = gunzipSync(readFileSync(DUMP)).toString('utf8');
  const template = await templateDatabase(async (url) => {
    await withClient(url, (client) => client.query(text));
    await withEngine(url, RT, () => Promise.resolve());
  });
  let items = 0;
  const left: string[] = [];
  const engine = async (url: string): Promise<number> => {
    const time = await withEngine(url, RT, (desk) =>
      seconds(async () => {
        const plan = await desk.retention.plan(RULE, actor('officer'), AS_OF);
        items = Number(plan.items);
        await desk.retention.approve(plan.id, actor('approver'));
        await desk.retention.apply(plan.id, actor('worker'));
      }),
    );
    left.push(await rowsLeft(url));
    return time;
  };
  const baseline = async (url: string): Promise<number> => {
    const time = await withClient(url, (client) => seconds(() => client.query(RT_PURGE)));
    left.push(await rowsLeft(url));
    return time;
  };
  try {
    const [ours, theirs] = await byTurns(
      options,
      { name: 'engine', run: () => template.onCopy(engine) },
      { name: 'bare SQL', run: () => template.onCopy(baseline) },
    );
    if (new Set(left).size > 1) throw new Error(`engine and SQL left different rows: ${left.join(' | ')}`);
    return {
      ...bench,
      ratio: rounded(theirs / ours),
      runs: options.runs,
      tickets: items,
      ticketsPerSecond: Math.round(items / ours),
      bareTicketsPerSecond: Math.round(items / theirs),
    };
  } finally {
    await template.drop();
  }
};

const RT = {
  map: 'request-tracker-5',
  parameters: { organization: 'lab.example' },
  policies: 'request-tracker-5',
  now: AS_OF,
};

/** Rows of every table, as one line: both ways must leave the same. */
async function rowsLeft(url: string): Promise<string> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ left: string }>(`
      select string_agg(table_name || ' ' || (xpath('/row/c/text()',
        query_to_xml(format('select count(*) as c from public.%I', table_name), false, true, '')))[1]::text, ', '
        order by table_name) as left
      from information_schema.tables where table_schema = 'public'`);
    return rows[0]?.left ?? '';
  });
}
