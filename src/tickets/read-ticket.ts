import type { AccessEntry } from '../access/access-log.js';
import type { Call } from '../access/call.js';
import type { Decision } from '../access/decision.js';
import { LetheError } from '../core/errors.js';
import {
  asking,
  candidatesFor,
  compiledFor,
  entryOf,
  filledFor,
  refused,
  stampNow,
  type Answer,
  type Asked,
} from './ask.js';
import { deskRecord, type DeskRecord } from './desk-record.js';
import { PLACES, readStatement, type TicketName } from './read-sql.js';
import { viewOf, type ReadOutcome, type ReadRow, type TicketView } from './read-view.js';
import type { TicketContext } from './ticket-context.js';

const NUMBER = /^[A-Za-z0-9][A-Za-z0-9-]{0,39}$/;

/**
 * Reads a ticket with everything in it that the policies show, in one statement and one snapshot; what was decided is recorded
 * before it is returned. Contents of files are a call of their own. What is shown is decrypted in one go; without a key of it,
 * nothing is shown.
 * @param ref `ticket/77`, or the ticket's number `T-2026-000123`
 * @throws LetheError `access_denied` (also where there is no such ticket), `input_invalid`, and as Encryption.decrypt
 */
export async function readTicket(context: TicketContext, call: Call, ref: string): Promise<TicketView> {
  const { by, name } = ticketName(context, ref);
  const outcome = await asking(context, call, (asked) => askTicket(asked, by, name, ref));
  if ('refusal' in outcome) throw await outcome.refusal();
  await outcome.read.sealed.decrypt(context.encryption);
  await context.log.append(entriesOf(call, outcome.key, outcome.read));
  return outcome.read.view;
}

function ticketName(
  context: TicketContext,
  ref: unknown,
): { readonly by: TicketName; readonly name: string } {
  if (typeof ref === 'string' && NUMBER.test(ref)) return { by: 'number', name: ref };
  return { by: 'key', name: deskRecord(context.graph, ref, ['ticket']).key };
}

type Outcome =
  { readonly read: ReadOutcome; readonly key: string } | { readonly refusal: () => Promise<LetheError> };

/** Refusals take one statement too, whatever they are for. */
async function askTicket(asked: Asked, by: TicketName, name: string, ref: string): Promise<Answer<Outcome>> {
  const { context } = asked;
  const ticket = candidatesFor(asked, 'read', 'ticket');
  const refusal = (key: string | null) => () =>
    refused(asked, { deed: 'read', record: 'ticket', key }, ref, ticket);
  if (ticket.kind === 'denial')
    return { stamp: await stampNow(context.db), result: { refusal: refusal(null) } };
  const compiled = compiledFor(asked, `read ${by}`, () => readStatement(asked, ticket, by));
  const { rows } = await context.db.query<ReadRow>(filledFor(compiled.statement, asked, { name }));
  const read = viewOf(compiled, rows);
  const key = rows.find(({ place }) => place === PLACES.ticket)?.id ?? null;
  return {
    stamp: String(rows.find(({ place }) => place === PLACES.stamp)?.shown),
    result: read && key !== null ? { read, key } : { refusal: refusal(key) },
  };
}

/** Of the ticket, and of the customer where shown: who has seen a person's data is asked by the person. */
function entriesOf(call: Call, key: string, { view, customerKey, decisions }: ReadOutcome): AccessEntry[] {
  const { ticket, customer, decision } = view;
  const entry = (
    record: DeskRecord,
    decided: Decision['decision'],
    by: readonly Decision[],
    { reason }: Decision,
  ): AccessEntry => {
    const policies = by.flatMap((one) => one.policies.map(({ version }) => version));
    return entryOf(call, { deed: 'read', ...record }, decided, [...new Set(policies)].sort(), reason);
  };
  return [
    entry({ record: 'ticket', key }, decision, decisions, ticket.decision),
    ...(customer && customerKey !== null
      ? [
          entry(
            { record: 'customer', key: customerKey },
            customer.decision.decision,
            [customer.decision],
            customer.decision,
          ),
        ]
      : []),
  ];
}
