import type { Call } from '../access/call.js';
import type { Shown } from '../access/guarded-rows.js';
import { asking, candidatesFor, compiledFor, filledFor, type Answer, type Asked } from './ask.js';
import { checkedInput } from './checked-input.js';
import { containing, findStatement, type FoundBy } from './find-sql.js';
import { findOrder, type FindOrder } from './list-inputs.js';
import { recordList, refusal, shownIn, stampOf, type ListOutcome, type ListRow } from './list-tickets.js';
import type { TicketContext } from './ticket-context.js';

/**
 * Finds tickets by their number, by the e-mail address, phone or number of their customer, or by a text in them: the fifty
 * newest. Nothing found, and nothing that may be found, is the same empty answer.
 * @throws LetheError `access_denied` (also by what is shown in full on no such record), `input_invalid`
 */
export async function findTickets(
  context: TicketContext,
  call: Call,
  order: FindOrder,
): Promise<readonly Shown[]> {
  const { by, wanted } = wantedIn(checkedInput('find', findOrder, order));
  const outcome = await asking(context, call, (asked) => askFind(asked, by, wanted));
  if ('refusal' in outcome) throw await outcome.refusal();
  await recordList(context, call, outcome.list);
  return outcome.list;
}

function wantedIn(order: FindOrder): { readonly by: FoundBy; readonly wanted: string } {
  const [[by, wanted] = ['number', '']] = Object.entries(order);
  return { by: by as FoundBy, wanted: by === 'text' ? containing(wanted.trim()) : wanted.trim() };
}

async function askFind(
  asked: Asked,
  by: FoundBy,
  wanted: string,
): Promise<Answer<ListOutcome<readonly Shown[]>>> {
  const ticket = candidatesFor(asked, 'list', 'ticket');
  if (ticket.kind === 'denial') return refusal(asked, ticket);
  const compiled = compiledFor(asked, `find ${by}`, () => findStatement(asked, ticket, by));
  if (!compiled) return refusal(asked, ticket, 'field_not_shown');
  const { rows } = await asked.context.db.query<ListRow>(filledFor(compiled.statement, asked, { wanted }));
  return { stamp: await stampOf(asked, rows), result: { list: shownIn(compiled.rows, rows) } };
}
