import type { Call } from '../access/call.js';
import type { z } from 'zod';
import { storeFiles } from './attachment-store.js';
import { checkedInput } from './checked-input.js';
import { notedContact } from './customer-store.js';
import { deskAuthor } from './desk-author.js';
import type { Stored } from './open.js';
import { usualSource } from './provenance-store.js';
import { requireAccess } from './require-access.js';
import { recordReduced, takeIn } from './take-in.js';
import type { TicketContext } from './ticket-context.js';
import { insertMessage, isSettled, setStatus, ticketRow, touchTicket } from './ticket-store.js';
import { replyInput, type ReplyInput } from './write-inputs.js';
import { writing } from './writing.js';

export interface Written extends Stored {
  /** `message/5` */
  readonly message: string;
}

/**
 * Adds a message that the customer sees. A customer's own reopens a ticket that was settled: who still writes about it must
 * not find it deleted. An agent's does not.
 * @throws LetheError `input_invalid`, `access_denied`, `intake_closed`, `intake_refused`, and as Encryption.encrypt; nothing is
 *   written then
 */
export const replyTo = (context: TicketContext, call: Call, input: ReplyInput): Promise<Written> =>
  write(context, call, 'reply', checkedInput('reply', replyInput, input));

/**
 * Adds a message that only the desk sees.
 * @throws as replyTo
 */
export const noteOn = (context: TicketContext, call: Call, input: ReplyInput): Promise<Written> =>
  write(context, call, 'note', checkedInput('note', replyInput, input));

async function write(
  context: TicketContext,
  call: Call,
  deed: 'reply' | 'note',
  order: z.output<typeof replyInput>,
): Promise<Written> {
  return writing(context, call, deed, order.ticket, async (tx) => {
    const { key: ticket, inForce } = await requireAccess(context, tx, call, deed, order.ticket);
    const row = await ticketRow(tx, ticket);
    const channel = order.channel ?? row.channel;
    const taken = takeIn(inForce, call, {
      channel,
      fields: { 'message.body': order.body },
      files: order.attachments,
      making: ['message'],
    });
    const [author, at] = [deskAuthor(call), context.clock.now()];
    const origin = order.source ?? usualSource(author, channel);
    const message = await insertMessage(context.encryption, tx, {
      ticket,
      author,
      customer: row.customer_id,
      visibility: deed === 'reply' ? 'public' : 'internal',
      channel,
      body: taken.fields['message.body'] ?? '',
      origin,
      at,
    });
    await storeFiles(context.encryption, tx, { ticket, message }, taken.files, origin, at);
    await touchTicket(tx, ticket, at);
    if (deed === 'reply' && author.kind !== 'agent') {
      await notedContact(tx, author.kind === 'customer' ? author.customer : row.customer_id, at);
      if (isSettled(row.status)) await setStatus(tx, ticket, row.status, 'open', author, at);
    }
    await recordReduced(tx, context.clock, call, { deed, channel, name: order.ticket }, taken);
    return { message: `message/${message}`, dropped: taken.dropped, masked: taken.masked };
  });
}
