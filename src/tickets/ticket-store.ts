import type { Instant } from '../core/instant.js';
import type { Row, Tx } from '../db/database.js';
import { sql, type Sql } from '../db/sql.js';
import type { Encryption } from '../encryption/encryption.js';
import { newRow } from '../encryption/new-rows.js';
import type { Channel } from '../intake/intake.js';
import { agentKey, type DeskAuthor } from './desk-author.js';
import type { Origin } from './provenance-store.js';

/**
 * The desk's own statements on tickets and messages. They run in a transaction through the door, after the deed on the record
 * was granted, which holds its row: nobody else changes it meanwhile.
 */

export type Status = 'new' | 'open' | 'pending' | 'resolved' | 'closed';
export type Priority = 'low' | 'normal' | 'high' | 'urgent';

export interface NewTicket {
  readonly subject: string;
  readonly category: string;
  readonly priority: Priority;
  readonly channel: Channel;
  readonly customer: string;
  /** Of the subject. */
  readonly origin: Origin;
  readonly at: Instant;
}

export interface OpenedTicket {
  readonly id: string;
  readonly number: string;
}

/**
 * The number is made of the year and the ticket's id, which a sequence gives: callers at the same time never wait for each
 * other. A number that an import has taken is passed over.
 * @throws LetheError as Encryption.encrypt
 */
export async function insertTicket(encryption: Encryption, tx: Tx, ticket: NewTicket): Promise<OpenedTicket> {
  const id = (await encryption.isOn(tx)) ? await drawNumbered(tx, ticket) : null;
  const { subject, subject_source_ref } = await storedText(encryption, tx, ticket, id);
  const next =
    id === null
      ? sql`select nextval(pg_get_serial_sequence('desk.tickets', 'id')) as id`
      : sql`select ${id}::bigint as id`;
  const { rows } = await tx.query<Row & OpenedTicket>(sql`
    with next as (${next})
    insert into desk.tickets (id, number, subject, category, priority, channel, customer_id, subject_source,
      subject_source_ref, created_at, updated_at)
    select id, ${numberSql(ticket)}, ${subject}, ${ticket.category}, ${ticket.priority}, ${ticket.channel}, ${ticket.customer}::bigint,
      ${ticket.origin.kind}, ${subject_source_ref}, ${ticket.at}::timestamptz, ${ticket.at}::timestamptz
    from next
    on conflict do nothing returning id, number`);
  return rows[0] ?? insertTicket(encryption, tx, ticket);
}

/** Of a row with an `id`. */
const numberSql = ({ at }: NewTicket): Sql =>
  sql`'T-' || ${at.slice(0, 4)}::text || '-' || lpad(id::text, greatest(6, length(id::text)), '0')`;

/** A key whose number is free: a key that is passed over once texts are encrypted under it would stay in the vault for nothing. */
async function drawNumbered(tx: Tx, ticket: NewTicket): Promise<string> {
  const { rows } = await tx.query<Row & { id: string; taken: boolean }>(sql`
    with next as materialized (select nextval(pg_get_serial_sequence('desk.tickets', 'id')) as id),
    numbered as (select id, ${numberSql(ticket)} as number from next)
    select id, exists (select from desk.tickets t where t.number = numbered.number) as taken from numbered`);
  const [next] = rows;
  return next && !next.taken ? next.id : drawNumbered(tx, ticket);
}

/** @param id null: encryption is off */
async function storedText(
  encryption: Encryption,
  tx: Tx,
  { subject, origin }: NewTicket,
  id: string | null,
): Promise<{ readonly subject: string; readonly subject_source_ref: string | null }> {
  const texts = { subject, subject_source_ref: origin.ref ?? null };
  if (id === null) return texts;
  const place = { table: 'tickets', row: id, owner: { record: 'ticket', key: id } };
  return encryption.encrypt(tx, place, texts);
}

export interface NewMessage {
  readonly ticket: string;
  readonly author: DeskAuthor;
  /** Who the ticket is of: whom a program writes for. */
  readonly customer: string;
  readonly visibility: 'public' | 'internal';
  readonly channel: Channel;
  readonly body: string;
  readonly origin: Origin;
  readonly at: Instant;
}

/**
 * Returns the message's key. What is internal was written by the desk, also where a program wrote it.
 * @throws LetheError as Encryption.encrypt
 */
export async function insertMessage(encryption: Encryption, tx: Tx, message: NewMessage): Promise<string> {
  const { author, visibility } = message;
  const byDesk = author.kind === 'agent' || visibility === 'internal';
  const customer = author.kind === 'customer' ? author.customer : message.customer;
  const place = { table: 'messages', owner: { record: 'ticket', key: message.ticket } };
  const texts = { body: message.body, source_ref: message.origin.ref ?? null };
  const { key, values } = await newRow(encryption, tx, place, texts);
  const { rows } = await tx.query<Row & { id: string }>(sql`
    insert into desk.messages (id, ticket_id, author, customer_id, agent_id, visibility, channel, body, source, source_ref, sent_at)
    values (${key}, ${message.ticket}::bigint, ${byDesk ? 'agent' : 'customer'}, ${byDesk ? null : customer}::bigint,
      ${agentKey(author)}::bigint, ${visibility}, ${message.channel}, ${values.body},
      ${message.origin.kind}, ${values.source_ref}, ${message.at}::timestamptz)
    returning id`);
  return rows[0]?.id ?? '';
}

/** The status of a ticket after a step, with the desk's rules: settled since, reopened at. */
export async function setStatus(
  tx: Tx,
  ticket: string,
  from: Status | null,
  to: Status,
  author: DeskAuthor,
  at: Instant,
): Promise<void> {
  if (from !== null)
    await tx.query(sql`
      update desk.tickets set status = ${to}, updated_at = greatest(updated_at, ${at}::timestamptz),
        closed_at = case when ${isSettled(to)} then coalesce(closed_at, greatest(created_at, ${at}::timestamptz)) end,
        reopened_at = case when ${isSettled(from) && !isSettled(to)} then greatest(created_at, ${at}::timestamptz) else reopened_at end
      where id = ${ticket}::bigint`);
  await tx.query(sql`
    insert into desk.ticket_events (ticket_id, from_status, to_status, actor, agent_id, happened_at)
    values (${ticket}::bigint, ${from}, ${to}, ${author.kind}, ${agentKey(author)}::bigint, ${at}::timestamptz)`);
}

export const isSettled = (status: Status): boolean => status === 'resolved' || status === 'closed';

export interface TicketRow extends Row {
  readonly status: Status;
  readonly channel: Channel;
  readonly customer_id: string;
}

/** A ticket that was granted, so it is there and locked. */
export async function ticketRow(tx: Tx, ticket: string): Promise<TicketRow> {
  const { rows } = await tx.query<TicketRow>(sql`
    select status, channel, customer_id from desk.tickets where id = ${ticket}::bigint`);
  return rows[0] ?? { status: 'closed', channel: 'web', customer_id: '0' };
}

/** Something about it changed; a settled ticket stays settled since when it was. */
export async function touchTicket(tx: Tx, ticket: string, at: Instant): Promise<void> {
  await tx.query(sql`
    update desk.tickets set updated_at = greatest(updated_at, ${at}::timestamptz) where id = ${ticket}::bigint`);
}

export async function setAgent(tx: Tx, ticket: string, agent: string | null, at: Instant): Promise<void> {
  await tx.query(sql`
    update desk.tickets set agent_id = ${agent}::bigint, updated_at = greatest(updated_at, ${at}::timestamptz)
    where id = ${ticket}::bigint`);
}

/** Whether an agent is there and works; held so until the transaction ends. */
export async function isActiveAgent(tx: Tx, agent: string): Promise<boolean> {
  const { count } = await tx.query(sql`
    select 1 from desk.agents where id = ${agent}::bigint and active for key share`);
  return count > 0;
}

export async function setPriorityAndCategory(
  tx: Tx,
  ticket: string,
  {
    priority,
    category,
  }: { readonly priority?: Priority | undefined; readonly category?: string | undefined },
  at: Instant,
): Promise<void> {
  await tx.query(sql`
    update desk.tickets set priority = coalesce(${priority ?? null}, priority), category = coalesce(${category ?? null}, category),
      updated_at = greatest(updated_at, ${at}::timestamptz)
    where id = ${ticket}::bigint`);
}

/** Returns false when they were linked like that already. */
export async function insertLink(
  tx: Tx,
  link: { readonly from: string; readonly to: string; readonly type: string; readonly at: Instant },
): Promise<boolean> {
  const { count } = await tx.query(sql`
    insert into desk.ticket_links (from_ticket_id, to_ticket_id, type, created_at)
    values (${link.from}::bigint, ${link.to}::bigint, ${link.type}, ${link.at}::timestamptz)
    on conflict do nothing`);
  return count > 0;
}
