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

/**
 * Time of 16 callers reading whole tickets (customer, five messages, attachments, statements) under the shipped policies, against
 * one hand-written statement with the same conditions in it, the same masks and the same rows in the audit log, grouped alike.
 */
export const guardedRead: Bench = async (options) => {
  const tickets = options.small ? 800 : 20_000;
  const reads = options.small ? 400 : 8_000;
  const dataset = `${reads} reads of ${tickets} tickets, ${CALLERS} callers`;
  options.say(`guarded-read: ${dataset}; ${await serverLine()}`);
  const template = await guardedTemplate(tickets);
  const key = (n: number): string => String(1 + ((n * 7919) % tickets));
  const read = async (guarded: Tickets): Promise<number> => {
    await callers(CALLERS * 4, (n, caller) => guarded.read(callOf(caller), `ticket/${key(n)}`));
    return seconds(() => callers(reads, (n, caller) => guarded.read(callOf(caller), `ticket/${key(n)}`)));
  };
  try {
    const [ours, theirs] = await byTurns(
      options,
      {
        name: 'engine',
        run: () => template.onCopy((url) => withTickets(url, read)),
      },
      {
        name: 'by hand',
        run: () =>
          template.onCopy((url) =>
            byHand(url, async (pool, audit) => {
              await callers(CALLERS * 4, (n, caller) => readByHand(pool, audit, caller, key(n)));
              return seconds(() => callers(reads, (n, caller) => readByHand(pool, audit, caller, key(n))));
            }),
          ),
      },
    );
    const encrypted = await encryptedRatio(options, template, tickets, read);
    return {
      bench: 'guarded-read',
      ratio: rounded(ours / theirs),
      bound: '<=1.3',
      encrypted,
      dataset,
      runs: options.runs,
      readsPerSecond: Math.round(reads / ours),
      byHandPerSecond: Math.round(reads / theirs),
    };
  } finally {
    await template.drop();
  }
};

interface Part {
  readonly place: number;
  readonly id: string;
  readonly parent: string | null;
  readonly shown: readonly unknown[];
}

/** As somebody would write it once and for all. */
export async function readByHand(pool: pg.Pool, audit: Audit, caller: number, key: string): Promise<object> {
  const agent = String(1 + (caller % 50));
  const { rows } = await pool.query<Part>(READ, [key, agent]);
  const named = (place: number): readonly object[] =>
    rows
      .filter((row) => row.place === place)
      .map(({ shown }) => Object.fromEntries(NAMES[place]?.map((name, index) => [name, shown[index]]) ?? []));
  const [ticket] = named(0);
  if (!ticket) throw new Error('denied');
  const [customer] = rows.filter((row) => row.place === 1);
  const [own, phone] = [customer?.shown[0] === true, (customer?.shown[5] ?? '') as string];
  await audit([
    [`agent/${agent}`, 'ticket', key, 'masked'],
    [`agent/${agent}`, 'customer', customer?.id ?? null, own ? 'allow' : 'masked'],
  ]);
  return {
    ticket,
    customer: { ...named(1)[0], phone: own ? phone : `•••• ${phone.slice(-4)}` },
    messages: named(2),
    attachments: named(3),
    statements: named(5),
  };
}

const NAMES: Readonly<Record<number, readonly string[]>> = {
  0: 'id,number,subject,subject_source,subject_source_ref,status,priority,category,channel,customer_id,agent_id,created_at,updated_at,closed_at,reopened_at'.split(
    ',',
  ),
  1: 'own,id,customer_number,name,email,phone,company,address_line1,address_line2,postal_code,city,country,language,ticket_count,last_contact_at,created_at'.split(
    ',',
  ),
  2: 'id,ticket_id,author,customer_id,agent_id,visibility,channel,body,source,source_ref,sent_at'.split(','),
  3: 'id,message_id,file_name,media_type,source,source_ref,size_bytes,created_at'.split(','),
  5: ['body', 'stated_at'],
};

const flagged = (flags: string, record: string, key: string): string =>
  `exists (select from lethe.${flags} f where f.record = '${record}' and f.key = ${key} and ${flags === 'sensitive' ? 'f.lifted_at' : 'f.released_at'} is null)`;

/** The shipped policies for agents, as somebody would write them into the query once and for all. */
const READ = `
  with asked as materialized (
    select t.id, t.customer_id, json_build_array(t.id::text, t.number, t.subject, t.subject_source, t.subject_source_ref, t.status, t.priority, t.category, t.channel, t.customer_id::text,
      t.agent_id::text, t.created_at::text, t.updated_at::text, t.closed_at::text, t.reopened_at::text) as shown
    from desk.tickets t where t.id = $1::bigint and not ${flagged('quarantine', 'ticket', 't.id::text')} and not ${flagged('sensitive', 'ticket', 't.id::text')})
  select 0 as place, null::timestamptz as at, id, null::bigint as parent, shown from asked
  union all select 1, null, c.id, null, json_build_array(own, c.id::text, c.customer_number, c.name, c.email, c.phone, c.company,
      case when own then c.address_line1 end, case when own then c.address_line2 end, case when own then c.postal_code end, c.city, c.country,
      c.language, c.ticket_count, case when own then c.last_contact_at::text end, case when own then c.created_at::text end)
    from desk.customers c cross join lateral (
      select exists (select from desk.tickets o where o.customer_id = c.id and o.agent_id = $2::bigint) as own offset 0) o
    where c.id = (select customer_id from asked) and not ${flagged('quarantine', 'customer', 'c.id::text')} and not ${flagged('sensitive', 'customer', 'c.id::text')}
  union all select 2, m.sent_at, m.id, null, json_build_array(m.id::text, m.ticket_id::text, m.author, m.customer_id::text, m.agent_id::text, m.visibility,
      m.channel, m.body, m.source, m.source_ref, m.sent_at::text)
    from desk.messages m where m.ticket_id = (select id from asked) and not ${flagged('quarantine', 'message', 'm.id::text')}
      and not ${flagged('sensitive', 'message', 'm.id::text')}
  union all select 3, a.created_at, a.id, a.message_id, json_build_array(a.id::text, a.message_id::text, a.file_name, a.media_type, a.source, a.source_ref, a.size_bytes, a.created_at::text)
    from desk.messages m join desk.attachments a on a.message_id = m.id where m.ticket_id = (select id from asked)
      and not ${flagged('quarantine', 'attachment', 'a.id::text')} and not ${flagged('quarantine', 'message', 'm.id::text')}
      and not ${flagged('sensitive', 'attachment', 'a.id::text')} and not ${flagged('sensitive', 'message', 'm.id::text')}
  union all select 5, s.stated_at, s.id, s.ticket_id, json_build_array(s.body, s.stated_at::text) from desk.statements s where s.ticket_id = (select id from asked)
  union all select 5, s.stated_at, s.id, s.customer_id, json_build_array(s.body, s.stated_at::text) from desk.statements s
    where s.customer_id = (select customer_id from asked)
  union all select 5, s.stated_at, s.id, s.message_id, json_build_array(s.body, s.stated_at::text) from desk.statements s
    where s.message_id in (select id from desk.messages where ticket_id = (select id from asked))
  order by place, at, id`;
