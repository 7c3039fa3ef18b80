import type { Call } from '../access/call.js';
import type { Shown } from '../access/guarded-rows.js';
import { ProtectedValues } from '../access/protected-values.js';
import { LetheError } from '../core/errors.js';
import { asking, candidatesFor, compiledFor, filledFor, stampOf, type Answer, type Asked } from './ask.js';
import { checkedInput } from './checked-input.js';
import { containing, findStatement, isIndexed, type FoundBy } from './find-sql.js';
import { findOrder, type FindOrder } from './list-inputs.js';
import { recordList, refusal, shownIn, type ListOutcome, type ListRow } from './list-tickets.js';
import type { TicketContext } from './ticket-context.js';

/**
 * Finds tickets by their number, by the e-mail address, phone or number of their customer, or by a text in them: the fifty
 * newest. Nothing found, and nothing that may be found, is the same empty answer.
 * @throws LetheError `access_denied` (also by what is shown in full on no such record), `input_invalid`, `search_encrypted` (by a
 *   text, where texts are stored encrypted), and as ProtectedValues.decryptEach
 */
export async function findTickets(
  context: TicketContext,
  call: Call,
  order: FindOrder,
): Promise<readonly Shown[]> {
  const { by, wanted } = wantedIn(checkedInput('find', findOrder, order));
  const outcome = await asking(context, call, (asked) => askFind(asked, by, wanted));
  if ('refusal' in outcome) throw await outcome.refusal();
  await outcome.sealed.decryptEach(context.encryption);
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
  const digests = await digestsFor(asked, by, wanted);
  const isEncrypted = digests !== null;
  const compiled = compiledFor(asked, `find ${by} ${isEncrypted ? 'encrypted' : ''}`, () =>
    findStatement(asked, ticket, by, isEncrypted),
  );
  if (!compiled) return refusal(asked, ticket, 'field_not_shown');
  if (by === 'text') await requireReadableTexts(asked);
  const statement = filledFor(compiled.statement, asked, { wanted, digests });
  const { rows } = await asked.context.db.query<ListRow>(statement);
  const sealed = new ProtectedValues();
  const list = shownIn(compiled.rows, rows, sealed);
  return { stamp: await stampOf(asked, rows), result: { list, sealed } };
}

/** Null: what is looked for is stored as it is. */
async function digestsFor(
  { context: { encryption, db }, inForce }: Asked,
  by: FoundBy,
  wanted: string,
): Promise<readonly Uint8Array[] | null> {
  if (!isIndexed(by)) return null;
  // a phone number without a prefix is one of the controller's own country
  const country = inForce.policies.organisation[0]?.entry.controller.country ?? null;
  return encryption.digests(db, by, wanted, country);
}

/** No digest finds a part of a text; finding only what is not encrypted yet would look like an answer. */
async function requireReadableTexts({ context: { encryption, db } }: Asked): Promise<void> {
  if (await encryption.isOn(db)) throw new LetheError('search_encrypted');
}
