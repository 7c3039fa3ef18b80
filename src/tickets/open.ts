import type { Call } from '../access/call.js';
import { LetheError } from '../core/errors.js';
import type { Instant } from '../core/instant.js';
import type { Tx } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { Encryption } from '../encryption/encryption.js';
import type { Channel, Dropped } from '../intake/intake.js';
import type { z } from 'zod';
import { storeFiles } from './attachment-store.js';
import { checkedInput } from './checked-input.js';
import { countTicket, findOrMakeCustomer, type CustomerData, type FoundCustomer } from './customer-store.js';
import { deskAuthor } from './desk-author.js';
import { draftsOver } from './draft-rows.js';
import { insertProvenance, usualSource, type Origin } from './provenance-store.js';
import { requireAccess, requirePolicy } from './require-access.js';
import { recordReduced, takeIn, type TakenIn } from './take-in.js';
import type { TicketContext } from './ticket-context.js';
import { insertMessage, insertTicket, setStatus } from './ticket-store.js';
import { openInput, type CustomerField, type OpenInput } from './write-inputs.js';
import { writing } from './writing.js';

/** What a writing call stored, and what it did not: fields and kinds, never a value. */
export interface Stored {
  readonly dropped: readonly Dropped[];
  /** Columns of which only a part was kept. */
  readonly masked: readonly string[];
}

export interface Opened extends Stored {
  /** `ticket/77` */
  readonly ticket: string;
  /** T-2026-000077: what people quote. */
  readonly number: string;
  /** The first message: `message/5`. */
  readonly message: string;
}

type Order = z.output<typeof openInput>;

/**
 * Opens a ticket: what the channel's intake policy takes is stored, with where it came from, and nothing else.
 * @throws LetheError `input_invalid`, `intake_closed`, `intake_refused`, `access_denied`, and as Encryption.encrypt; nothing is
 *   written then
 */
export async function openTicket(context: TicketContext, call: Call, input: OpenInput): Promise<Opened> {
  const order = checkedInput('ticket', openInput, input);
  return writing(context, call, 'open', 'ticket', async (tx) => {
    await requirePolicy(context, tx, call, 'open', 'ticket');
    const taken = takeIn(await context.policies(tx), call, handed(order));
    const at = context.clock.now();
    const drafts = draftsOver(context);
    const customer = await customerOf(drafts.encryption, tx, order, taken, at);
    const { subject = '' } = fieldsOf('ticket', taken);
    const { category, priority, channel } = order;
    const origin = originsOf(call, order)('ticket.subject');
    const about = { subject, category, priority, channel, origin };
    const ticket = await insertTicket(drafts.encryption, tx, { ...about, customer: customer.id, at });
    const name = `ticket/${ticket.id}`;
    await requireAccess(context, tx, call, 'open', name);
    await drafts.settle(tx);
    const place = { ticket: ticket.id, customer, at };
    const message = await storeFirst(context.encryption, tx, call, order, taken, place);
    await recordReduced(tx, context.clock, call, { deed: 'open', channel, name }, taken);
    const { dropped, masked } = taken;
    return { ticket: name, number: ticket.number, message: `message/${message}`, dropped, masked };
  });
}

function handed({ customer, channel, subject, body, attachments }: Order) {
  const data = typeof customer === 'string' ? {} : customer;
  const about = Object.entries(data).map(([field, value]) => [`customer.${field}`, value] as const);
  return {
    channel,
    fields: { ...Object.fromEntries(about), 'ticket.subject': subject, 'message.body': body },
    files: attachments,
    making: ['ticket', 'message', ...(typeof customer === 'string' ? [] : ['customer'])],
  };
}

/** Columns of a record that were taken. */
const fieldsOf = (record: string, { fields }: TakenIn): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([field, value]) =>
      field.startsWith(`${record}.`) ? [[field.slice(record.length + 1), value]] : [],
    ),
  );

/** Without an address there is nobody a ticket could be of. */
async function customerOf(
  encryption: Encryption,
  tx: Tx,
  order: Order,
  taken: TakenIn,
  at: Instant,
): Promise<FoundCustomer> {
  if (typeof order.customer === 'string') return { id: order.customer.split('/')[1] ?? '', isNew: false };
  const data: CustomerData = fieldsOf('customer', taken);
  const { email } = data;
  if (email === undefined || taken.masked.includes('customer.email'))
    throw new LetheError('intake_refused', {
      channel: order.channel,
      problems: 'customer.email is required: the ticket would be nobody’s',
      policies: 'the desk’s own rule',
    });
  return findOrMakeCustomer(encryption, tx, { ...data, email }, at);
}

interface Place {
  readonly ticket: string;
  readonly customer: FoundCustomer;
  readonly at: Instant;
}

/** The first message with its files, the events, the counter, and where each datum of a new customer came from. */
async function storeFirst(
  encryption: Encryption,
  tx: Tx,
  call: Call,
  order: Order,
  taken: TakenIn,
  { ticket, customer, at }: Place,
): Promise<string> {
  const author = deskAuthor(call);
  const { channel, notice } = order;
  const { body = '' } = fieldsOf('message', taken);
  const originOf = originsOf(call, order);
  const message = await insertMessage(encryption, tx, {
    ticket,
    author,
    customer: customer.id,
    visibility: 'public',
    channel,
    body,
    origin: originOf('message.body'),
    at,
  });
  await setStatus(tx, ticket, null, 'new', author, at);
  await countTicket(tx, customer.id, at);
  if (notice) await insertNotice(tx, ticket, notice, channel, at);
  await storeFiles(encryption, tx, { ticket, message }, taken.files, originOf('attachment.content'), at);
  if (!customer.isNew) return message;
  const fields = Object.keys(fieldsOf('customer', taken)) as CustomerField[];
  const origins = fields.map((field) => [field, originOf(`customer.${field}`)] as const);
  await insertProvenance(encryption, tx, customer.id, origins, channel, at);
  return message;
}

/** Where a column's value came from: what the caller says of it, or of all, or what is usual. */
const originsOf =
  (call: Call, { source, sources = {}, channel }: Order) =>
  (field: string): Origin =>
    (Object.hasOwn(sources, field) ? sources[field] : undefined) ??
    source ??
    usualSource(deskAuthor(call), channel);

/** Which privacy notice they were shown (GDPR Art. 13). */
async function insertNotice(
  tx: Tx,
  ticket: string,
  { digest, language }: NonNullable<Order['notice']>,
  channel: Channel,
  at: Instant,
): Promise<void> {
  await tx.query(sql`
    insert into desk.ticket_notices (ticket_id, digest, language, channel, shown_at)
    values (${ticket}::bigint, ${digest}, ${language}, ${channel}, ${at}::timestamptz)`);
}
