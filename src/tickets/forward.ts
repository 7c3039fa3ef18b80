import type { Call } from '../access/call.js';
import { LetheError } from '../core/errors.js';
import type { Instant } from '../core/instant.js';
import type { Tx } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { MapGraph } from '../datamap/graph.js';
import { actorId } from '../ledger/actor-directory.js';
import { appendEntry } from '../ledger/append.js';
import type { ActivityPolicy } from '../policy/activity-policy.js';
import { isWithin } from '../policy/categories.js';
import { checkedInput } from './checked-input.js';
import { agentKey, deskAuthor } from './desk-author.js';
import { requireAccess } from './require-access.js';
import type { TicketContext } from './ticket-context.js';
import { touchTicket } from './ticket-store.js';
import { forwardInput, type ForwardInput } from './write-inputs.js';
import { writing } from './writing.js';

export interface Forwarded {
  readonly ticket: string;
  readonly recipient: string;
  /** The activity that names the recipient. */
  readonly activity: string;
  /** Data categories that go there, for Art. 19. */
  readonly categories: readonly string[];
}

/**
 * Records that data of a ticket goes to a recipient: one that an activity in force names for the purpose, and no more than
 * it may get. Sending is the host application's.
 * @throws LetheError `input_invalid`, `access_denied`, `recipient_unknown`, `recipient_beyond`
 */
export async function forwardTicket(
  context: TicketContext,
  call: Call,
  input: ForwardInput,
): Promise<Forwarded> {
  const order = checkedInput('forwarding', forwardInput, input);
  const categories = categoriesOf(context.graph, order.fields);
  return writing(context, call, 'forward', order.ticket, async (tx) => {
    const { key, inForce } = await requireAccess(context, tx, call, 'forward', order.ticket);
    const activity = activityFor(inForce.activity, call, order.recipient, categories);
    const at = context.clock.now();
    const forward = { ...order, activity, categories: [...new Set(categories.values())].sort() };
    await insertForward(tx, call, key, forward, at);
    await touchTicket(tx, key, at);
    await appendEntry(tx, {
      kind: 'ticket.forwarded',
      at,
      actor: await actorId(tx, call.actor.id),
      about: { activity, recipient: order.recipient, purpose: call.purpose },
      counts: { fields: order.fields.length },
      names: [order.ticket],
    });
    return { ticket: order.ticket, recipient: order.recipient, activity, categories: forward.categories };
  });
}

/** The data category of each column that has one. @throws LetheError `input_invalid` for a column that the map does not have */
function categoriesOf(graph: MapGraph, fields: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const field of fields) {
    const [record = '', ...column] = field.split('.');
    const mapped = graph.records.get(record)?.columns.get(column.join('.'));
    if (!mapped || !FORWARDED.includes(record))
      throw new LetheError('input_invalid', {
        what: 'forwarding',
        reason: `fields: each is a column of ${FORWARDED.join(', ')}, such as "customer.name"`,
      });
    if (mapped.category !== null) found.set(field, mapped.category);
  }
  return found;
}

const FORWARDED = ['ticket', 'customer', 'message', 'attachment'];

/** The activity under which it may go there. */
function activityFor(
  activities: readonly ActivityPolicy[],
  { purpose }: Call,
  recipient: string,
  categories: ReadonlyMap<string, string>,
): string {
  const naming = activities.flatMap(({ id, entry }) => {
    const found = entry.recipients.find((one) => one.id === recipient);
    const isFor = entry.purposes.some((aim) => aim.purpose === purpose);
    return found && isFor ? [{ id, gets: found.categories ?? entry.categories }] : [];
  });
  const [first] = naming;
  if (!first) throw new LetheError('recipient_unknown', { recipient, purpose });
  const beyond = ({ gets }: { readonly gets: readonly string[] }): readonly string[] =>
    [...categories].flatMap(([field, category]) =>
      gets.some((name) => isWithin(category, name)) ? [] : [field],
    );
  const fit = naming.find((one) => beyond(one).length === 0);
  if (fit) return fit.id;
  throw new LetheError('recipient_beyond', {
    recipient,
    activity: first.id,
    fields: beyond(first).join(', '),
  });
}

async function insertForward(
  tx: Tx,
  call: Call,
  ticket: string,
  forward: Omit<Forwarded, 'ticket'> & { readonly fields: readonly string[] },
  at: Instant,
): Promise<void> {
  await tx.query(sql`
    insert into desk.forwards (ticket_id, activity, recipient, purpose, fields, categories, agent_id, forwarded_at)
    values (${ticket}::bigint, ${forward.activity}, ${forward.recipient}, ${call.purpose}, ${forward.fields}::text[],
      ${forward.categories}::text[], ${agentKey(deskAuthor(call))}::bigint, ${at}::timestamptz)`);
}
