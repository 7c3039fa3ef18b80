import { guardedRows, type GuardedRows } from '../access/guarded-rows.js';
import { anyMatchesSql, quarantinedSql } from '../access/access-sql.js';
import type { Candidate, Candidates } from '../access/decide-access.js';
import { showingInFull } from '../access/fields.js';
import { Slot } from '../access/slots.js';
import type { MapColumn } from '../datamap/graph.js';
import { INDEX_KINDS, type IndexKind } from '../encryption/normal-forms.js';
import { join, raw, sql, type Sql } from '../db/sql.js';
import { askedFor, candidatesFor, RULING, type Asked } from './ask.js';
import type { Part } from './desk-record.js';
import { ofPage } from './list-sql.js';

/** What a ticket is found by. */
export type FoundBy = 'number' | 'email' | 'phone' | 'customerNumber' | 'text';

const WANTED = new Slot('wanted');
const DIGESTS = new Slot('digests');
const MOST_FOUND = 50;

/** What is stored encrypted, and then found by its digests. */
export const isIndexed = (by: FoundBy): by is IndexKind => (INDEX_KINDS as readonly string[]).includes(by);

/** Where it is looked for: the column, and how it is compared. An e-mail address is the same in any case. */
const PLACES: Readonly<Record<FoundBy, readonly (readonly [Part, string, Sql])[]>> = {
  number: [['ticket', 'number', sql`this.number = ${WANTED}`]],
  email: [['customer', 'email', sql`lower(this.email) = lower(${WANTED})`]],
  phone: [['customer', 'phone', sql`this.phone = ${WANTED}`]],
  customerNumber: [['customer', 'customer_number', sql`this.customer_number = ${WANTED}`]],
  text: [
    ['ticket', 'subject', sql`this.subject ilike ${WANTED}`],
    ['message', 'body', sql`this.body ilike ${WANTED}`],
  ],
};

/**
 * Where the column is encrypted. Compared with what is stored, too: while the first encryption goes on, some rows are in the clear
 * and have no digest yet.
 */
export const indexedSql = (kind: IndexKind, customer: string, digests: unknown, stored: Sql): Sql =>
  sql`(${raw(customer)} = any(array(select b.key::bigint from lethe.blind_index b
    where b.kind = ${raw(`'${kind}'`)} and b.record = 'customer' and b.digest = any(${digests}::bytea[]))) or ${stored})`;

/** The text as a pattern that finds it anywhere, `%` and `_` meaning themselves. */
export const containing = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`;

export interface FindStatement {
  readonly rows: GuardedRows;
  readonly statement: Sql;
}

/**
 * Tickets that may be listed, found by what may be read of them in full: a match in a row, or by a column, that who asks sees
 * masked or not at all finds nothing. Null: there is no such place for them.
 * @param isEncrypted what customers are found by is looked for by its digests
 */
export function findStatement(
  asked: Asked,
  ticket: Candidates,
  by: FoundBy,
  isEncrypted: boolean,
): FindStatement | null {
  const places = PLACES[by].flatMap(([part, column, stored]) => {
    const matches = isEncrypted && isIndexed(by) ? indexedSql(by, 'this.id', DIGESTS, stored) : stored;
    return placeSql(asked, ticket, part, column, matches) ?? [];
  });
  if (places.length === 0) return null;
  const rows = guardedRows(ticket, { ...askedFor(asked), isPermitted: true });
  const order = raw('order by this.id desc');
  const page = sql`from desk.tickets this
    where ${RULING} and ${rows.condition} and this.id in (${join(places, ' union ')}) ${order} limit ${raw(String(MOST_FOUND))}`;
  return { rows, statement: sql`select this.id, ${rows.columns} ${ofPage(rows, page, order)}` };
}

/** `select` of the tickets with a match there, in rows that show the column in full. */
function placeSql(asked: Asked, ticket: Candidates, part: Part, column: string, matches: Sql): Sql | null {
  if (part === 'ticket') return inFull(asked, ticket, column, matches, 'id');
  const reading = candidatesFor(asked, 'read', 'ticket');
  const candidates = candidatesFor(asked, 'read', part);
  if (reading.kind === 'denial' || candidates.kind === 'denial') return null;
  // a part is shown with its ticket or not at all, so the ticket must be one that may be read
  const readable = sql`select this.id from desk.tickets this where ${guardedRows(reading, askedFor(asked)).condition}`;
  if (part === 'message') {
    const found = inFull(asked, candidates, column, matches, 'ticket_id');
    return found && sql`select m.ticket_id from (${found}) m where m.ticket_id in (${readable})`;
  }
  const found = inFull(asked, candidates, column, matches, 'id');
  return (
    found && sql`select t.id from desk.tickets t where t.customer_id in (${found}) and t.id in (${readable})`
  );
}

function inFull(
  asked: Asked,
  candidates: Candidates,
  columnId: string,
  matches: Sql,
  selected: 'id' | 'ticket_id',
): Sql | null {
  const { table, record } = candidates;
  const column: MapColumn | undefined = table.columns.get(columnId);
  const showing: readonly Candidate[] = column ? showingInFull(candidates, column) : [];
  if (showing.length === 0) return null;
  const given = askedFor(asked);
  return sql`select this.${raw(selected)} from ${raw(table.sql)} this
    where ${matches} and ${anyMatchesSql(candidates, showing, given)} and not ${quarantinedSql(record, given)}`;
}
