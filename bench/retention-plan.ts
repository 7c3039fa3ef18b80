import type pg from 'pg';
import { byTurns, rounded, seconds, type Bench } from './bench.js';
import { serverLine, templateDatabase, withClient } from './databases.js';
import { AS_OF, MESSAGES_PER_TICKET } from './desk-data.js';
import { actor, makeDesk, RULE, withDesk } from './desk-engine.js';
import { CONDITION, KEPT } from './purge.js';

/** Time that planning takes, against statements that give the same counts and store the same root keys. */
export const retentionPlan: Bench = async (options) => {
  const size = options.small ? { tickets: 2000, due: 960 } : { tickets: 300_000, due: 200_000 };
  const dataset = `${size.due} due tickets of ${size.tickets}, ${MESSAGES_PER_TICKET} messages each`;
  options.say(`retention-plan: ${dataset}; ${await serverLine()}`);
  const template = await templateDatabase(async (url) => {
    await makeDesk(url, size);
    await withClient(url, (client) => client.query(STORE));
  });
  const engine = (url: string): Promise<number> =>
    withDesk(url, (desk) => seconds(() => desk.retention.plan(RULE, actor('officer'), AS_OF)));
  const baseline = (url: string): Promise<number> =>
    withClient(url, (client) => seconds(() => planByHand(client)));
  try {
    const [ours, theirs] = await byTurns(
      options,
      { name: 'engine', run: () => template.onCopy(engine) },
      { name: 'baseline', run: () => template.onCopy(baseline) },
    );
    return {
      bench: 'retention-plan',
      ratio: rounded(ours / theirs),
      bound: '<=1.5',
      dataset,
      runs: options.runs,
      ticketsPerSecond: Math.round(size.due / ours),
    };
  } finally {
    await template.drop();
  }
};

const STORE = `
  create table public.planned (no int primary key, keys bigint[] not null);
  create table public.kept (id bigint primary key)`;

async function planByHand(client: pg.Client): Promise<void> {
  await client.query(
    "begin isolation level repeatable read; set local jit = off; set local timezone = 'UTC'",
  );
  for (const statement of STATEMENTS) await client.query(statement);
  await client.query('commit');
}

const STATEMENTS = [
  `create temporary table due on commit drop as select t.id, t.closed_at from desk.tickets t where ${CONDITION}`,
  'analyze due',
  `insert into public.kept select t.id from desk.tickets t join due using (id) where ${KEPT}`,
  'delete from due using public.kept where kept.id = due.id',
  `insert into public.planned select no, array_agg(id order by id)
   from (select id, (row_number() over (order by id) - 1) / 400 as no from due) numbered group by no`,
  'select count(*) from due',
  'select count(*) from desk.messages where ticket_id in (select id from due)',
  `select count(*) from desk.attachments where message_id in
     (select m.id from desk.messages m join due on due.id = m.ticket_id)`,
  'select count(*) from desk.call_recordings where ticket_id in (select id from due)',
  'select count(*) from desk.ticket_events where ticket_id in (select id from due)',
  'select count(*) from desk.ticket_tags where ticket_id in (select id from due)',
  'select count(*) from desk.ticket_links where from_ticket_id in (select id from due) or to_ticket_id in (select id from due)',
  `select to_char(closed_at at time zone 'Europe/Berlin', 'YYYY-MM') as month, count(*), min(closed_at), max(closed_at)
   from due group by 1 order by 1`,
];
