import type { Call } from '../access/call.js';
import type { Shown } from '../access/guarded-rows.js';
import { LetheError } from '../core/errors.js';
import { findTickets } from './find-tickets.js';
import {
  follow,
  requestProof,
  type FollowedTicket,
  type FollowRequest,
  type ProofRequest,
  type ProofRequested,
} from './follow.js';
import type { FindOrder, listOrder } from './list-inputs.js';
import { listTickets, type TicketList } from './list-tickets.js';
import { readContent, streamContent, type Content, type ContentStream } from './read-content.js';
import { readTicket } from './read-ticket.js';
import type { TicketView } from './read-view.js';
import type { TicketContext } from './ticket-context.js';
import { writesOver, type TicketWrites } from './ticket-writes.js';
import type { z } from 'zod';

/** The ticket storage behind the policies: `engine.tickets`. Every call says who asks and for which purpose. */
export interface Tickets extends TicketWrites {
  /** @param ref `ticket/77`, or the ticket's number */
  read(call: Call, ref: string): Promise<TicketView>;
  /** Content of `attachment/5`. */
  attachment(call: Call, ref: string): Promise<Content>;
  /** Content of `recording/3`. */
  recording(call: Call, ref: string): Promise<Content>;
  /** Content of `attachment/5`, in the memory of a few pieces. */
  attachmentStream(call: Call, ref: string): Promise<ContentStream>;
  /** Content of `recording/3`, in the memory of a few pieces. */
  recordingStream(call: Call, ref: string): Promise<ContentStream>;
  /** One page; the next by `after`. */
  list(call: Call, order?: z.input<typeof listOrder>): Promise<TicketList>;
  /** By number, by the customer's e-mail address, phone or number, or by a text. */
  find(call: Call, order: FindOrder): Promise<readonly Shown[]>;
  /** Of the address of a ticket's customer; the answer is always the same. */
  requestProof(request: ProofRequest): Promise<ProofRequested>;
  /** With the token that came to that address. */
  follow(request: FollowRequest): Promise<FollowedTicket>;
}

/**
 * Each call throws `access_denied` where the policies do not permit it, and where there is no such record; `input_invalid`; and
 * `map_unenforced` beside a ticket system that is not Lethe's own.
 */
export function ticketsOver(context: TicketContext): Tickets {
  const native = enforced(context);
  return {
    ...writesOver(native),
    read: async (call, ref) => readTicket(native(), call, ref),
    attachment: async (call, ref) => readContent(native(), call, ref, 'attachment'),
    recording: async (call, ref) => readContent(native(), call, ref, 'recording'),
    attachmentStream: async (call, ref) => streamContent(native(), call, ref, 'attachment'),
    recordingStream: async (call, ref) => streamContent(native(), call, ref, 'recording'),
    list: async (call, order) => listTickets(native(), call, order),
    find: async (call, order) => findTickets(native(), call, order),
    requestProof: async (request) => requestProof(native(), request),
    follow: async (request) => follow(native(), request),
  };
}

/** Beside a foreign system Lethe never claims to control what that system's own screens show. */
function enforced(context: TicketContext): () => TicketContext {
  const { id } = context.graph;
  return () => {
    if (id !== 'native') throw new LetheError('map_unenforced', { map: id });
    return context;
  };
}
