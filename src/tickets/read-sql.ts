import { guardedRows, type GuardedRows } from '../access/guarded-rows.js';
import type { Candidates } from '../access/decide-access.js';
import type { MapGraph, MapTable } from '../datamap/graph.js';
import { STAMP } from '../access/policy-cache.js';
import { Slot } from '../access/slots.js';
import { join, raw, sql, type Sql } from '../db/sql.js';
import { askedFor, candidatesFor, type Asked } from './ask.js';
import { PARTS, type Part } from './desk-record.js';

/** How a ticket is named: by its key, or by its number. */
export type TicketName = 'key' | 'number';

/** The one statement of a guarded read, and how its rows are shown. */
export interface ReadStatement {
  readonly statement: Sql;
  readonly parts: Readonly<Record<Part, GuardedRows>>;
  /** The table of what people stated. */
  readonly statements: MapTable;
}

/** Places of the parts in the answer: rows are ordered by it. */
export const PLACES = {
  ticket: 0,
  customer: 1,
  message: 2,
  attachment: 3,
  recording: 4,
  statement: 5,
  stamp: 6,
};

const at = (part: keyof typeof PLACES): Sql => raw(String(PLACES[part]));

/**
 * The ticket and everything in it, in one snapshot: each row with the answers of the policies that may permit it, its columns
 * null where none of these does. A ticket that may not be read yields the same as none: no part is looked at.
 *
 *     with asked as materialized (select this.id, this.customer_id, (may.c0) as permitted, json_build_array(…) … )
 *     select 0 as place, … from asked union all select 1, … from desk.customers this … union all … order by place, at, id
 */
export function readStatement(asked: Asked, ticket: Candidates, by: TicketName): ReadStatement {
  const parts = Object.fromEntries(
    PARTS.map((part) => [part, rowsOf(asked, part, part === 'ticket' ? ticket : null)]),
  ) as Record<Part, GuardedRows>;
  const name =
    by === 'key' ? sql`this.id = ${new Slot('name')}::bigint` : sql`this.number = ${new Slot('name')}`;
  const statement = sql`
    with asked as materialized (
      select this.id, this.customer_id, ${parts.ticket.permitted} as permitted, flag.s as sensitive, ${parts.ticket.values} as shown
      from desk.tickets this ${parts.ticket.lateral} where ${name} and not ${parts.ticket.hidden})
    select ${at('ticket')} as place, null::timestamptz as at, id, null::bigint as parent, shown from asked
    ${join(
      [...partsSql(parts), ...statementsSql(parts)].map((branch) => sql`union all ${branch}`),
      ' ',
    )}
    union all select ${at('stamp')}, null, null, null, to_json(${STAMP})
    order by place, at, id`;
  return { statement, parts, statements: tableOf(asked.context.graph, 'statements') };
}

function tableOf({ tables }: MapGraph, id: string): MapTable {
  const table = tables.get(id);
  if (!table) throw new TypeError(`the map has no table "${id}"`);
  return table;
}

/** Where no policy permits a part, its rows are counted and nothing of them is selected. */
function rowsOf(asked: Asked, part: Part, ticket: Candidates | null): GuardedRows {
  const found = ticket ?? candidatesFor(asked, 'read', part);
  const inside = { ...askedFor(asked), ticketIsSensitive: raw('(select sensitive from asked)') };
  const given = part === 'ticket' || part === 'customer' ? askedFor(asked) : inside;
  if (found.kind === 'candidates') return guardedRows(found, given);
  const table = asked.context.graph.records.get(part);
  if (!table) throw new TypeError(`the map has no record "${part}"`);
  return guardedRows({ kind: 'candidates', record: part, table, deed: 'read', of: [] }, given);
}

const TICKET = raw('(select id from asked where permitted)');

function partsSql({ customer, message, attachment, recording }: ReadStatement['parts']): readonly Sql[] {
  return [
    sql`select ${at('customer')}, null, this.id, null, ${customer.values} from desk.customers this ${customer.lateral}
      where this.id = (select customer_id from asked where permitted) and not ${customer.hidden}`,
    sql`select ${at('message')}, this.sent_at, this.id, null, ${message.values} from desk.messages this ${message.lateral}
      where this.ticket_id = ${TICKET} and not ${message.hidden}`,
    sql`select ${at('attachment')}, this.created_at, this.id, this.message_id, ${attachment.values}
      from desk.messages m join desk.attachments this on this.message_id = m.id ${attachment.lateral}
      where m.ticket_id = ${TICKET} and not ${attachment.hidden}`,
    sql`select ${at('recording')}, this.started_at, this.id, null, ${recording.values}
      from desk.call_recordings this ${recording.lateral}
      where this.ticket_id = ${TICKET} and not ${recording.hidden}`,
  ];
}

/** Rows of `desk.statements` about the ticket, its customer, its messages. */
const STATED: readonly (readonly [Part, Sql])[] = [
  ['ticket', sql`s.ticket_id = ${TICKET}`],
  ['customer', sql`s.customer_id = (select customer_id from asked where permitted)`],
  ['message', sql`s.message_id = any(array(select m.id from desk.messages m where m.ticket_id = ${TICKET}))`],
];

/**
 * What people have stated about a record (Art. 16) is shown wherever that is shown: to whom some of its personal data is. Of a
 * record that nobody here sees any of, no statement is selected.
 */
function statementsSql(parts: ReadStatement['parts']): readonly Sql[] {
  const stated = STATED.filter(([part]) => parts[part].showsPersonalData);
  if (stated.length === 0) return [];
  return [
    sql`select ${at('statement')}, s.stated_at, s.id, coalesce(s.ticket_id, s.customer_id, s.message_id),
      json_build_array(case when s.ticket_id is not null then 'ticket' when s.customer_id is not null then 'customer'
        else 'message' end, s.body, s.stated_at::text)
      from desk.statements s where ${join(
        stated.map(([, where]) => where),
        ' or ',
      )}`,
  ];
}
