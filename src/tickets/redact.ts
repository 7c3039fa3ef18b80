import { quarantine } from '../access/quarantine-store.js';
import { flagSensitive, liftSensitive } from '../access/sensitive-store.js';
import type { Call } from '../access/call.js';
import { decryptedRow } from '../access/protected-values.js';
import { LetheError } from '../core/errors.js';
import type { Row, Tx } from '../db/database.js';
import { sql } from '../db/sql.js';
import { newRow } from '../encryption/new-rows.js';
import { cutText } from '../intake/cut-text.js';
import { checkedInput } from './checked-input.js';
import { requireAccess } from './require-access.js';
import type { TicketContext } from './ticket-context.js';
import { flagInput, redactInput, type FlagInput, type RedactInput } from './write-inputs.js';
import { writing } from './writing.js';

export interface Redacted {
  /** `message/5` */
  readonly record: string;
  readonly quarantine: string;
  /** The message with the card data cut, where one was asked for. */
  readonly copy: string | null;
}

/**
 * Takes a message or an attachment out of every reading at once. The rules over `quarantinedAt` then dispose of it through a
 * plan, unless a protection covers it: what is held stays, and nobody sees it.
 * @throws LetheError `input_invalid` (a copy would hold all of it), `access_denied`, and as Encryption.decrypt and encrypt
 */
export async function redactRecord(
  context: TicketContext,
  call: Call,
  input: RedactInput,
): Promise<Redacted> {
  const { record: ref, kind, keepText } = checkedInput('redaction', redactInput, input);
  return writing(context, call, 'redact', ref, async (tx, intend) => {
    const { record, key } = await requireAccess(context, tx, call, 'redact', ref);
    const copy = keepText ? await copyWithout(context, tx, ref, key) : null;
    const id = await quarantine(tx, context.clock, { record, key, kind }, call.actor.id, intend);
    return { record: ref, quarantine: id, copy };
  });
}

/** Stands where the message stood: same author, same time. */
async function copyWithout(context: TicketContext, tx: Tx, ref: string, key: string): Promise<string> {
  const message = ref.startsWith('message/') ? await messageRow(context, tx, key) : null;
  const cut = cutText(message?.body ?? '');
  if (!message || Object.keys(cut.counts).length === 0)
    throw new LetheError('input_invalid', {
      what: 'redaction',
      reason:
        'keepText: nothing in it that would be cut, so a copy would hold all of it; write a note instead',
    });
  const place = { table: 'messages', owner: { record: 'ticket', key: message.ticket_id } };
  const texts = { body: cut.text, source_ref: ref };
  const { key: copy, values } = await newRow(context.encryption, tx, place, texts);
  const { rows: made } = await tx.query<Row & { id: string }>(sql`
    insert into desk.messages (id, ticket_id, author, customer_id, agent_id, visibility, channel, body, source, source_ref, sent_at)
    values (${copy}, ${message.ticket_id}::bigint, ${message.author}, ${message.customer_id}::bigint, ${message.agent_id}::bigint,
      ${message.visibility}, ${message.channel}, ${values.body}, 'copy', ${values.source_ref}, ${message.sent_at}::timestamptz)
    returning id`);
  return `message/${made[0]?.id ?? ''}`;
}

interface MessageRow extends Row {
  readonly ticket_id: string;
  readonly author: string;
  readonly customer_id: string | null;
  readonly agent_id: string | null;
  readonly visibility: string;
  readonly channel: string;
  readonly sent_at: string;
  readonly body: string;
}

async function messageRow(
  { encryption, graph }: TicketContext,
  tx: Tx,
  key: string,
): Promise<MessageRow | null> {
  const { rows } = await tx.query<MessageRow>(sql`
    select ticket_id, author, customer_id, agent_id, visibility, channel, sent_at, body from desk.messages
    where id = ${key}::bigint`);
  const [row] = rows;
  const table = graph.records.get('message');
  if (!row || !table) return null;
  return { ...row, ...(await decryptedRow(encryption, table, key, { body: row.body }, tx)) };
}

/**
 * Flags a message whose text carries special categories (GDPR Art. 9), which narrows who reads it.
 * @throws LetheError `input_invalid`, `access_denied`
 */
export async function flagMessage(
  context: TicketContext,
  call: Call,
  input: FlagInput,
): Promise<{ readonly message: string; readonly flagged: boolean }> {
  const { message } = checkedInput('flag', flagInput, input);
  return writing(context, call, 'change', message, async (tx, intend) => {
    const { record, key } = await requireAccess(context, tx, call, 'change', message);
    return {
      message,
      flagged: await flagSensitive(tx, context.clock, { record, key }, call.actor.id, intend),
    };
  });
}

/**
 * Ends that. More people read it then, so it takes who may redact it.
 * @throws LetheError `input_invalid`, `access_denied`
 */
export async function liftFlag(
  context: TicketContext,
  call: Call,
  input: FlagInput,
): Promise<{ readonly message: string; readonly lifted: boolean }> {
  const { message } = checkedInput('flag', flagInput, input);
  return writing(context, call, 'redact', message, async (tx, intend) => {
    const { record, key } = await requireAccess(context, tx, call, 'redact', message);
    return {
      message,
      lifted: await liftSensitive(tx, context.clock, { record, key }, call.actor.id, intend),
    };
  });
}
