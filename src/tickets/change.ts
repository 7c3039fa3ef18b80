import type { Call } from '../access/call.js';
import { LetheError } from '../core/errors.js';
import { checkedInput } from './checked-input.js';
import { deskAuthor } from './desk-author.js';
import { requireAccess } from './require-access.js';
import type { TicketContext } from './ticket-context.js';
import {
  insertLink,
  isActiveAgent,
  setAgent,
  setPriorityAndCategory,
  setStatus,
  ticketRow,
  touchTicket,
  type Status,
} from './ticket-store.js';
import {
  assignInput,
  changeInput,
  linkInput,
  type AssignInput,
  type ChangeInput,
  type LinkInput,
} from './write-inputs.js';
import { writing } from './writing.js';

/** Where a ticket may go from where it is. Nothing becomes new again; out of settled leads only reopening. */
const STEPS: Readonly<Record<Status, readonly Status[]>> = {
  new: ['open', 'pending', 'resolved', 'closed'],
  open: ['pending', 'resolved', 'closed'],
  pending: ['open', 'resolved', 'closed'],
  resolved: ['open', 'closed'],
  closed: ['open'],
};

export interface Changed {
  readonly ticket: string;
  readonly status: Status;
}

/**
 * Changes status, priority or category. Settling a ticket starts its retention period, reopening ends that; what else changes
 * of a settled ticket moves nothing.
 * @throws LetheError `input_invalid`, `access_denied`, `transition_invalid`; nothing is written then
 */
export async function changeTicket(context: TicketContext, call: Call, input: ChangeInput): Promise<Changed> {
  const order = checkedInput('change', changeInput, input);
  return writing(context, call, 'change', order.ticket, async (tx) => {
    const { key } = await requireAccess(context, tx, call, 'change', order.ticket);
    const { status: from } = await ticketRow(tx, key);
    const to = order.status ?? from;
    if (to !== from) requireStep(order.ticket, from, to);
    const at = context.clock.now();
    await setPriorityAndCategory(tx, key, order, at);
    if (to !== from) await setStatus(tx, key, from, to, deskAuthor(call), at);
    return { ticket: order.ticket, status: to };
  });
}

function requireStep(record: string, from: Status, to: Status): void {
  if (STEPS[from].includes(to)) return;
  throw new LetheError('transition_invalid', { record, from, to, possible: STEPS[from].join(', ') });
}

/**
 * Gives a ticket to an agent, or to nobody.
 * @throws LetheError `input_invalid` (no agent who works here), `access_denied`
 */
export async function assignTicket(
  context: TicketContext,
  call: Call,
  input: AssignInput,
): Promise<{ readonly ticket: string; readonly agent: string | null }> {
  const order = checkedInput('assignment', assignInput, input);
  return writing(context, call, 'assign', order.ticket, async (tx) => {
    const { key } = await requireAccess(context, tx, call, 'assign', order.ticket);
    const agent = order.agent === null ? null : (order.agent.split('/')[1] ?? '');
    if (agent !== null && !(await isActiveAgent(tx, agent)))
      throw new LetheError('input_invalid', {
        what: 'assignment',
        reason: 'agent: nobody of that key works here',
      });
    await setAgent(tx, key, agent, context.clock.now());
    return { ticket: order.ticket, agent: order.agent };
  });
}

/**
 * Links a ticket to another: as its duplicate, its parent, or related to it. Both must be open to the caller.
 * @throws LetheError `input_invalid`, `access_denied`
 */
export async function linkTickets(
  context: TicketContext,
  call: Call,
  input: LinkInput,
): Promise<{ readonly ticket: string; readonly to: string; readonly linked: boolean }> {
  const { ticket, to, type } = checkedInput('link', linkInput, input);
  return writing(context, call, 'link', ticket, async (tx) => {
    // in one order for all callers: two that link the same tickets both ways would wait for each other
    const granted = new Map<string, string>();
    for (const ref of [ticket, to].toSorted())
      granted.set(ref, (await requireAccess(context, tx, call, 'link', ref)).key);
    const at = context.clock.now();
    const [from = '', target = ''] = [granted.get(ticket), granted.get(to)];
    const linked = await insertLink(tx, { from, to: target, type, at });
    if (linked) for (const key of granted.values()) await touchTicket(tx, key, at);
    return { ticket, to, linked };
  });
}
