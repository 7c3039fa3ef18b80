import type pg from 'pg';
import type { Tickets } from '../src/tickets/tickets.js';
import { byTurns, rounded, seconds, type Bench } from './bench.js';
import { serverLine } from './databases.js';
import {
  byHand,
  callers,
  CALLERS,
  callOf,
  encryptedRatio,
  guardedTemplate,
  withTickets,
  type Audit,
} from './guarded-desk.js';

const PAGE = 50;

/** Time of 16 callers listing pages of fifty open tickets, against a hand-written query with the same conditions and audit rows. */
export const guardedList: Bench = async (options) => {
  const tickets = options.small ? 800 : 100_000;
  const lists = options.small ? 200 : 3_000;
  const dataset = `${lists} pages of ${PAGE} open tickets of ${tickets}, ${CALLERS} callers`;
  options.say(`guarded-list: ${dataset}; ${await serverLine()}`);
  const template = await guardedTemplate(tickets);
  const order = { filter: { status: 'open' }, limit: PAGE } as const;
  const list = async (guarded: Tickets): Promise<number> => {
    await callers(CALLERS * 2, (_, caller) => guarded.list(callOf(caller), order));
    return seconds(() => callers(lists, (_, caller) => guarded.list(callOf(caller), order)));
  };
  try {
    const [ours, theirs] = await byTurns(
      options,
      {
        name: 'engine',
        run: () => template.onCopy((url) => withTickets(url, list)),
      },
      {
        name: 'by hand',
        run: () =>
          template.onCopy((url) =>
            byHand(url, async (pool, audit) => {
              await callers(CALLERS * 2, (_, caller) => listByHand(pool, audit, caller));
              return seconds(() => callers(lists, (_, caller) => listByHand(pool, audit, caller)));
            }),
          ),
      },
    );
    const encrypted = await encryptedRatio(options, template, tickets, list);
    return {
      bench: 'guarded-list',
      ratio: rounded(ours / theirs),
      bound: '<=1.3',
      encrypted,
      dataset,
      runs: options.runs,
      listsPerSecond: Math.round(lists / ours),
      byHandPerSecond: Math.round(lists / theirs),
    };
  } finally {
    await template.drop();
  }
};

async function listByHand(pool: pg.Pool, audit: Audit, caller: number): Promise<unknown> {
  const { rows } = await pool.query(LIST, [['open'], PAGE + 1]);
  await audit([[`agent/${1 + (caller % 50)}`, 'ticket', null, 'allow']]);
  const page = (rows as Record<string, unknown>[]).slice(0, PAGE);
  const last = rows.length > PAGE ? page.at(-1) : undefined;
  return {
    tickets: page.map((fields) => ({ record: `ticket/${String(fields['id'])}`, fields })),
    next:
      last === undefined
        ? null
        : Buffer.from(JSON.stringify([last['updated_at'], last['id']])).toString('base64url'),
  };
}

const LIST = `
  select id, number, subject, subject_source, subject_source_ref, status, priority, category, channel, customer_id, agent_id, created_at, updated_at, closed_at, reopened_at
  from desk.tickets t where status = any($1::text[])
    and not exists (select from lethe.quarantine f where f.record = 'ticket' and f.key = t.id::text and f.released_at is null)
    and not exists (select from lethe.sensitive f where f.record = 'ticket' and f.key = t.id::text and f.lifted_at is null)
  order by updated_at desc, id desc limit $2`;
