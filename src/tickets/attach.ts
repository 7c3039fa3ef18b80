import type { Call } from '../access/call.js';
import type { Row, Tx } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { Channel } from '../intake/intake.js';
import { storeFiles } from './attachment-store.js';
import { checkedInput } from './checked-input.js';
import { deskAuthor } from './desk-author.js';
import type { Stored } from './open.js';
import { usualSource } from './provenance-store.js';
import { requireAccess } from './require-access.js';
import { recordReduced, takeIn } from './take-in.js';
import type { TicketContext } from './ticket-context.js';
import { touchTicket } from './ticket-store.js';
import { attachInput, type AttachInput } from './write-inputs.js';
import { writing } from './writing.js';

export interface Attached extends Stored {
  /** `attachment/3`; those that the intake policy drops are missing. */
  readonly attachments: readonly string[];
}

/**
 * Adds files to a message.
 * @throws LetheError `input_invalid`, `access_denied`, `intake_closed`, `intake_refused`, and as Encryption.encrypt; nothing is
 *   written then
 */
export async function attachTo(context: TicketContext, call: Call, input: AttachInput): Promise<Attached> {
  const order = checkedInput('attachments', attachInput, input);
  return writing(context, call, 'attach', order.message, async (tx) => {
    const { key: message, inForce } = await requireAccess(context, tx, call, 'attach', order.message);
    const place = await placeOf(tx, message);
    const channel = order.channel ?? place.channel;
    const taken = takeIn(inForce, call, { channel, fields: {}, files: order.files, making: [] });
    const [author, at] = [deskAuthor(call), context.clock.now()];
    const origin = order.source ?? usualSource(author, channel);
    const keys = await storeFiles(
      context.encryption,
      tx,
      { ticket: place.ticket_id, message },
      taken.files,
      origin,
      at,
    );
    await touchTicket(tx, place.ticket_id, at);
    await recordReduced(tx, context.clock, call, { deed: 'attach', channel, name: order.message }, taken);
    const { dropped, masked } = taken;
    return { attachments: keys.map((key) => `attachment/${key}`), dropped, masked };
  });
}

async function placeOf(
  tx: Tx,
  message: string,
): Promise<{ readonly ticket_id: string; readonly channel: Channel }> {
  const { rows } = await tx.query<Row & { ticket_id: string; channel: Channel }>(sql`
    select ticket_id, channel from desk.messages where id = ${message}::bigint`);
  return rows[0] ?? { ticket_id: '0', channel: 'web' };
}
