import type { Draft } from './draft.js';
import { HOUR } from './moments.js';
import { chance, type Random } from './random.js';
import type { TicketLinkRow } from './rows.js';

const isOpen = (draft: Draft): boolean => draft.standing.closedAt === null;

/** An open ticket often goes back to an old one (which must then stay), a complaint nearly always does. */
function linkToEarlier(random: Random, draft: Draft): TicketLinkRow['type'] | undefined {
  if (draft.topic === 'complaint') return chance(random, 0.4) ? 'parent' : undefined;
  return chance(random, isOpen(draft) ? 0.6 : 0.03) ? 'related' : undefined;
}

/** Which ticket points to which; `ids` has the number each draft got. */
export function linkTickets(
  random: Random,
  drafts: readonly Draft[],
  ids: ReadonlyMap<Draft, number>,
  now: number,
): readonly TicketLinkRow[] {
  const links: TicketLinkRow[] = [];
  const firstOf = new Map<number, Draft>();
  const link = (from: Draft, to: Draft, type: TicketLinkRow['type'], at: number): void => {
    const [from_ticket_id, to_ticket_id] = [ids.get(from), ids.get(to)];
    if (from_ticket_id === undefined || to_ticket_id === undefined) return;
    const created_at = new Date(Math.min(at, now)).toISOString();
    links.push({ from_ticket_id, to_ticket_id, type, created_at });
  };
  for (const draft of drafts) {
    const customer = draft.customer.row.id;
    const earlier = firstOf.get(customer);
    if (draft.original) {
      if (draft.standing.closedAt !== null) link(draft, draft.original, 'duplicate', draft.standing.closedAt);
    } else if (earlier) {
      const type = linkToEarlier(random, draft);
      if (type) link(draft, earlier, type, draft.createdAt + HOUR);
    } else {
      firstOf.set(customer, draft);
    }
  }
  return links;
}
