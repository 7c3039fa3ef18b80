import type pg from 'pg';
import { COUNT_ALONE, PASS_GATE } from '../src/disposal/gate.js';
import { withClient } from './databases.js';

/** Keys in the batches that the plan stored: both sides delete the same tickets in the same portions. */
export async function readBatches(url: string, plan: string): Promise<readonly (readonly string[])[]> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ keys: string[] }>(
      'select keys_bigint as keys from lethe.chunk where plan_id = $1 order by no',
      [plan],
    );
    return rows.map(({ keys }) => keys);
  });
}

/**
 * What somebody would write by hand for this desk and this rule: gate, locks, re-check in a new snapshot, deletes children
 * first, counters, commit.
 */
export async function purge(url: string, batches: readonly (readonly string[])[]): Promise<void> {
  await withClient(url, async (client) => {
    await client.query("set jit = off; set lock_timeout = '5s'; set timezone = 'UTC'");
    for (const keys of batches) await purgeBatch(client, keys);
  });
}

async function purgeBatch(client: pg.Client, keys: readonly string[]): Promise<void> {
  await client.query('begin isolation level read committed');
  await client.query(PASS_GATE);
  const locked = await client.query<Ticket>(LOCK, [keys]);
  const { rows } = await client.query<Ticket>(RECHECK, [locked.rows.map(({ id }) => id)]);
  const tickets = rows.map(({ id }) => id);
  for (const statement of DELETES) await client.query(statement, [tickets]);
  await client.query(COUNT_ALONE);
  await client.query(RECOUNT, [rows.map(({ customer_id }) => customer_id)]);
  await client.query('commit');
}

interface Ticket {
  readonly id: string;
  readonly customer_id: string;
}

const LOCK = 'select id from desk.tickets where id = any($1) for update skip locked';

/** The rule, the open tickets that point here, and the duty to keep commercial letters. */
export const CONDITION = `
  t.status in ('resolved', 'closed') and t.category <> 'billing' and t.closed_at < '2022-12-31T23:00:00Z'
  and not exists (select from desk.ticket_links l join desk.tickets o on o.id = l.from_ticket_id
                  where l.to_ticket_id = t.id and o.status in ('new', 'open', 'pending'))
  and not exists (select from desk.ticket_links l join desk.tickets o on o.id = l.to_ticket_id
                  where l.from_ticket_id = t.id and l.type = 'duplicate' and o.status in ('new', 'open', 'pending'))`;

/** Commercial letters that are still kept, among what the rule takes. */
export const KEPT = `
  (t.closed_at >= '2019-12-31T23:00:00Z' and exists (
    select from desk.ticket_tags x join desk.tags g on g.id = x.tag_id
    where x.ticket_id = t.id and g.name = 'credit-note'))`;

const RECHECK = `select t.id, t.customer_id from desk.tickets t where t.id = any($1) and ${CONDITION} and not ${KEPT}`;

const DELETES = [
  'delete from desk.statements where message_id in (select id from desk.messages where ticket_id = any($1))',
  'delete from desk.statements where ticket_id = any($1)',
  'delete from desk.ticket_notices where ticket_id = any($1)',
  'delete from desk.forwards where ticket_id = any($1)',
  'delete from desk.attachments where message_id in (select id from desk.messages where ticket_id = any($1))',
  'delete from desk.messages where ticket_id = any($1)',
  'delete from desk.call_recordings where ticket_id = any($1)',
  'delete from desk.ticket_events where ticket_id = any($1)',
  'delete from desk.ticket_tags where ticket_id = any($1)',
  'delete from desk.ticket_links where from_ticket_id = any($1) or to_ticket_id = any($1)',
  'delete from desk.tickets where id = any($1)',
];

const RECOUNT = `
  update desk.customers c set ticket_count = (select count(*) from desk.tickets t where t.customer_id = c.id)
  where c.id = any($1)`;
