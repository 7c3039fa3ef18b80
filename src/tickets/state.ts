import type { Call } from '../access/call.js';
import type { Instant } from '../core/instant.js';
import type { Row, Tx } from '../db/database.js';
import { raw, sql } from '../db/sql.js';
import type { Encryption, Owner } from '../encryption/encryption.js';
import { newRow } from '../encryption/new-rows.js';
import { cutText } from '../intake/cut-text.js';
import { cutsOf } from '../intake/intake.js';
import { actorId } from '../ledger/actor-directory.js';
import { appendEntry } from '../ledger/append.js';
import { checkedInput } from './checked-input.js';
import { agentKey, deskAuthor } from './desk-author.js';
import type { Stored } from './open.js';
import { requireAccess } from './require-access.js';
import { recordReduced } from './take-in.js';
import type { TicketContext } from './ticket-context.js';
import { stateInput, type StateInput } from './write-inputs.js';
import { writing } from './writing.js';

export interface Stated extends Stored {
  /** Key of the statement. */
  readonly statement: string;
  readonly record: string;
}

/** Columns of desk.statements that name the record. */
const OF = { customer: 'customer_id', ticket: 'ticket_id', message: 'message_id' } as const;

/**
 * Adds what a person states about a message, a ticket or their own data (GDPR Art. 16): the record stays as it is, also under
 * a hold, and the statement is shown wherever it is shown. It goes with the record.
 * @throws LetheError `input_invalid`, `access_denied`, and as Encryption.encrypt
 */
export async function stateOn(context: TicketContext, call: Call, input: StateInput): Promise<Stated> {
  const order = checkedInput('statement', stateInput, input);
  return writing(context, call, 'correct', order.record, async (tx) => {
    const { record, key } = await requireAccess(context, tx, call, 'correct', order.record);
    const { text, counts } = cutText(order.text);
    const at = context.clock.now();
    const about = { record: record as keyof typeof OF, key };
    const statement = await insertStatement(context.encryption, tx, call, about, text, at);
    const stored = { dropped: cutsOf('statement.body', counts), masked: [] };
    await appendEntry(tx, {
      kind: 'statement.added',
      at,
      actor: await actorId(tx, call.actor.id),
      about: { record },
      names: [order.record],
    });
    const written = { deed: 'correct', channel: order.channel ?? 'web', name: order.record } as const;
    await recordReduced(tx, context.clock, call, written, stored);
    return { statement, record: order.record, ...stored };
  });
}

interface About {
  readonly record: keyof typeof OF;
  readonly key: string;
}

async function insertStatement(
  encryption: Encryption,
  tx: Tx,
  call: Call,
  about: About,
  text: string,
  at: Instant,
): Promise<string> {
  const author = deskAuthor(call);
  const place = { table: 'statements', owner: await ownerOf(encryption, tx, about) };
  const { key, values } = await newRow(encryption, tx, place, { body: text });
  const { rows } = await tx.query<Row & { id: string }>(sql`
    insert into desk.statements (id, ${raw(OF[about.record])}, body, actor, agent_id, stated_at)
    values (${key}, ${about.key}::bigint, ${values.body}, ${author.kind}, ${agentKey(author)}::bigint, ${at}::timestamptz)
    returning id`);
  return rows[0]?.id ?? '';
}

/** What is stated goes with what it is about: a message with its ticket. */
async function ownerOf(encryption: Encryption, tx: Tx, { record, key }: About): Promise<Owner> {
  if (record !== 'message' || !(await encryption.isOn(tx))) return { record, key };
  const { rows } = await tx.query<Row & { ticket_id: string }>(sql`
    select ticket_id from desk.messages where id = ${key}::bigint`);
  return { record: 'ticket', key: rows[0]?.ticket_id ?? '0' };
}
