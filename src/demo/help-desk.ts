import { draftTickets, type Draft } from './draft.js';
import { attachedFile, smallRecording } from './files.js';
import { makeStory, writeBody, writeSubject, type Story } from './letter.js';
import { linkTickets } from './links.js';
import { DAY, type Moment } from './moments.js';
import { makeAgents, makeCustomers, type Customer } from './people.js';
import { between, chance, seededRandom, wholeBetween, type Random } from './random.js';
import type {
  AttachmentRow,
  CustomerRow,
  HelpDesk,
  MessageRow,
  RecordingRow,
  TagRow,
  TicketEventRow,
  TicketRow,
  TicketTagRow,
} from './rows.js';

const SEED = 20_261_121;
const CUSTOMERS = 300;
const TAGS = ['b2b', 'callback', 'carrier', 'credit-note', 'duplicate', 'goodwill', 'migrated', 'vip'];

const iso = (at: number): string => new Date(at).toISOString();
const isoOrNull = (at: number | null): string | null => (at === null ? null : iso(at));

/** Rows that grow while tickets are written one after another; ids count up from 1. */
interface Written {
  readonly tickets: TicketRow[];
  readonly messages: MessageRow[];
  readonly attachments: AttachmentRow[];
  readonly call_recordings: RecordingRow[];
  readonly ticket_tags: TicketTagRow[];
  readonly ticket_events: TicketEventRow[];
}

const ticketNumber = (id: number, draft: Draft): string =>
  `T-${new Date(draft.createdAt).getUTCFullYear()}-${String(id).padStart(6, '0')}`;

function ticketRow(draft: Draft, id: number, subject: string): TicketRow {
  const isTaken = draft.moments.some(({ by }) => by === 'agent');
  return {
    id,
    number: ticketNumber(id, draft),
    subject,
    status: draft.standing.status,
    priority: draft.priority,
    category: draft.topic,
    channel: draft.channel,
    customer_id: draft.customer.row.id,
    agent_id: isTaken ? draft.agent.row.id : null,
    created_at: iso(draft.createdAt),
    updated_at: iso(draft.standing.updatedAt),
    closed_at: isoOrNull(draft.standing.closedAt),
    reopened_at: isoOrNull(draft.standing.reopenedAt),
  };
}

function messageRow(draft: Draft, ticketId: number, id: number, moment: Moment, body: string): MessageRow {
  const isCustomer = moment.by === 'customer';
  const writer = moment.says === 'colleague' ? (draft.colleague ?? draft.customer) : draft.customer;
  const isInternal = moment.says === 'note' || moment.says === 'callNote';
  return {
    id,
    ticket_id: ticketId,
    author: isCustomer ? 'customer' : 'agent',
    customer_id: isCustomer ? writer.row.id : null,
    agent_id: isCustomer ? null : draft.agent.row.id,
    visibility: isInternal ? 'internal' : 'public',
    // Nobody writes into a phone call: what follows it goes by mail.
    channel: draft.channel === 'phone' && moment.says !== 'callNote' ? 'e-mail' : draft.channel,
    body,
    sent_at: iso(moment.at),
  };
}

function writeMessages(random: Random, draft: Draft, ticketId: number, story: Story, into: Written): void {
  for (const moment of draft.moments) {
    if (moment.says === undefined) continue;
    const body = writeBody(random, draft, moment.says, story);
    const message = messageRow(draft, ticketId, into.messages.length + 1, moment, body);
    into.messages.push(message);
    const file = attachedFile(random, draft, moment.says, story);
    if (file === undefined) continue;
    into.attachments.push({
      id: into.attachments.length + 1,
      message_id: message.id,
      file_name: file.name,
      media_type: file.mediaType,
      content: file.content,
      size_bytes: file.content.length,
      created_at: message.sent_at,
    });
  }
}

/** The call that opened the ticket, and sometimes the one that ended it. */
function recordCalls(random: Random, draft: Draft, ticketId: number, into: Written): void {
  if (draft.channel !== 'phone') return;
  const calls = draft.moments.filter(
    ({ says }) => says === 'callNote' || (says === 'solution' && chance(random, 0.15)),
  );
  for (const { at } of calls) {
    into.call_recordings.push({
      id: into.call_recordings.length + 1,
      ticket_id: ticketId,
      media_type: 'audio/wav',
      content: smallRecording(random),
      duration_seconds: wholeBetween(random, 40, 900),
      started_at: iso(at),
    });
  }
}

function recordEvents(draft: Draft, ticketId: number, into: Written): void {
  let from: TicketEventRow['from_status'] = null;
  for (const { at, by, to } of draft.moments) {
    if (to === undefined) continue;
    into.ticket_events.push({
      id: into.ticket_events.length + 1,
      ticket_id: ticketId,
      from_status: from,
      to_status: to,
      actor: by,
      agent_id: by === 'agent' ? draft.agent.row.id : null,
      happened_at: iso(at),
    });
    from = to;
  }
}

/** Last contact is the customer's own doing: a ticket opened or a message written, not an answer of the desk. */
function lastContacts(written: Written): ReadonlyMap<number, string> {
  const last = new Map<number, string>();
  const seen = (customer: number | null, at: string): void => {
    if (customer !== null && at > (last.get(customer) ?? '')) last.set(customer, at);
  };
  for (const ticket of written.tickets) seen(ticket.customer_id, ticket.created_at);
  for (const message of written.messages) seen(message.customer_id, message.sent_at);
  return last;
}

function customerRows(
  random: Random,
  customers: readonly Customer[],
  written: Written,
  now: number,
): readonly CustomerRow[] {
  const contacts = lastContacts(written);
  const counts = new Map<number, number>();
  for (const { customer_id } of written.tickets) counts.set(customer_id, (counts.get(customer_id) ?? 0) + 1);
  return customers.map(({ row, from }) => {
    // Who has no ticket wrote once, soon after registering, and that ticket is gone already.
    const once = iso(Math.min(now, Math.floor(from + between(random, 0, 60) * DAY)));
    return {
      ...row,
      ticket_count: counts.get(row.id) ?? 0,
      last_contact_at: contacts.get(row.id) ?? once,
    };
  });
}

/** A duplicate tells the story of its original once more. */
function storyOf(
  random: Random,
  draft: Draft,
  told: ReadonlyMap<Draft, Story>,
  ids: ReadonlyMap<Draft, number>,
): Story {
  const { original } = draft;
  const first = original && told.get(original);
  if (!first) return makeStory(random, draft);
  const number = ticketNumber(ids.get(original) ?? 0, original);
  return { ...first, details: { ...first.details, original: number } };
}

function writeTickets(random: Random, drafts: readonly Draft[], ids: ReadonlyMap<Draft, number>): Written {
  const tagIds = new Map(TAGS.map((name, index) => [name, index + 1]));
  const written: Written = {
    tickets: [],
    messages: [],
    attachments: [],
    call_recordings: [],
    ticket_tags: [],
    ticket_events: [],
  };
  const stories = new Map<Draft, Story>();
  for (const [index, draft] of drafts.entries()) {
    const id = index + 1;
    const story = storyOf(random, draft, stories, ids);
    stories.set(draft, story);
    written.tickets.push(ticketRow(draft, id, writeSubject(draft, story)));
    writeMessages(random, draft, id, story, written);
    recordCalls(random, draft, id, written);
    recordEvents(draft, id, written);
    for (const tag of draft.tags) written.ticket_tags.push({ ticket_id: id, tag_id: tagIds.get(tag) ?? 0 });
  }
  return written;
}

/**
 * A help desk of about 2,000 tickets that ends at `now` (an ISO instant, `2026-11-21T12:00:00Z`): pure, and the same for
 * the same `now`. All people are invented; addresses and numbers are reserved or of the 555 kind.
 */
export function makeHelpDesk(now: string): HelpDesk {
  const end = Date.parse(now);
  if (Number.isNaN(end)) throw new RangeError('now must be an ISO instant');
  const random = seededRandom(SEED);
  const agents = makeAgents(end);
  const customers = makeCustomers(random, end, CUSTOMERS);
  const drafts = draftTickets(random, { agents, customers }, end);
  const ids = new Map(drafts.map((draft, index) => [draft, index + 1]));
  const written = writeTickets(random, drafts, ids);
  return {
    agents: agents.map(({ row }) => row),
    customers: customerRows(random, customers, written, end),
    tags: TAGS.map((name, index): TagRow => ({ id: index + 1, name })),
    ticket_links: linkTickets(random, drafts, ids, end),
    ...written,
  };
}
