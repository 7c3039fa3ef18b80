import { hash, randomBytes } from 'node:crypto';
import type { Call } from '../access/call.js';
import { LetheError } from '../core/errors.js';
import { newId } from '../core/ids.js';
import type { Instant } from '../core/instant.js';
import type { Row, Tx } from '../db/database.js';
import { sqlstateOf } from '../db/failures.js';
import { raw, sql } from '../db/sql.js';
import type { MapColumn, MapGraph } from '../datamap/graph.js';
import { readProtections } from '../disposal/protections.js';
import { cutText } from '../intake/cut-text.js';
import { actorId } from '../ledger/actor-directory.js';
import { appendEntry } from '../ledger/append.js';
import type { z } from 'zod';
import { checkedInput } from './checked-input.js';
import { recipientsOf } from './recipients.js';
import { requireAccess } from './require-access.js';
import { insertTasks } from './task-store.js';
import type { TicketContext } from './ticket-context.js';
import { correctInput, customerFields, type CorrectInput } from './write-inputs.js';
import { writing } from './writing.js';

export interface Corrected {
  readonly customer: string;
  readonly field: string;
  readonly rectification: string;
  /** Tasks to tell recipients of it (GDPR Art. 19). */
  readonly tasks: readonly string[];
}

type Order = z.output<typeof correctInput>;

const REQUIRED: readonly string[] = ['name', 'email', 'language'];
const UNIQUE = '23505';

/**
 * Corrects a customer's master data wherever the map has it (GDPR Art. 16), and lists whom it has to be told to. Messages and
 * the history stay as they were written; a customer on hold stays as they are: both take a statement instead.
 * @throws LetheError `input_invalid`, `access_denied`, `rectification_held`
 */
export async function correctCustomer(
  context: TicketContext,
  call: Call,
  input: CorrectInput,
): Promise<Corrected> {
  const order = checkedInput('correction', correctInput, input);
  checkValue(order);
  const { customer, field } = order;
  return writing(context, call, 'correct', customer, async (tx, intend) => {
    const { key, inForce } = await requireAccess(context, tx, call, 'correct', customer);
    const at = context.clock.now();
    await requireUnheld(tx, context.graph, customer, key, at);
    const column = columnOf(context.graph, field);
    const by = await actorId(tx, call.actor.id);
    const id = newId('rectification');
    await insertRectification(tx, { id, key, order, old: await valueOf(tx, column, key), by, at });
    await setValue(tx, column, key, order.value);
    const recipients = await recipientsOf(tx, inForce.activity, key, `customer.${field}`, column.category);
    const tasks = await insertTasks(tx, {
      key,
      field: `customer.${field}`,
      rectification: id,
      recipients,
      at,
    });
    const entry = await appendEntry(tx, {
      kind: 'rectified',
      at,
      actor: by,
      about: { rectification: id, field: `customer.${field}` },
      counts: { tasks: tasks.length },
      names: [customer],
    });
    await intend({
      kind: 'rectified',
      id: entry,
      at,
      actor: by,
      rectification: id,
      record: 'customer',
      key,
      field: `customer.${field}`,
    });
    return { customer, field, rectification: id, tasks };
  });
}

function checkValue({ field, value }: Order): void {
  if (value === null) {
    if (REQUIRED.includes(field)) throw invalid(`value: ${field} cannot be without one`);
    return;
  }
  checkedInput('correction', customerFields, { [field]: value });
  if (Object.keys(cutText(value).counts).length > 0) throw invalid('value: it holds card data');
}

const invalid = (reason: string): LetheError =>
  new LetheError('input_invalid', { what: 'correction', reason });

/** A hold keeps what it covers as it is: it may be evidence. */
async function requireUnheld(
  tx: Tx,
  graph: MapGraph,
  customer: string,
  key: string,
  now: Instant,
): Promise<void> {
  const holds = await readProtections(tx, graph, { asOf: now, now }, ({ kind }) => kind === 'hold');
  for (const { table, from, where, cause } of holds) {
    if (table.concept !== 'customer') continue;
    const { rows } = await tx.query<Row & { cause: string }>(sql`
      select ${raw(cause)} as cause from ${raw(from)} where ${raw(`(${where})`)} and this.id = ${key}::bigint limit 1`);
    if (rows[0]) throw new LetheError('rectification_held', { record: customer, hold: rows[0].cause });
  }
}

function columnOf(graph: MapGraph, field: string): MapColumn {
  const column = graph.records.get('customer')?.columns.get(field);
  if (!column) throw invalid(`field: the data map has no column "customer.${field}"`);
  return column;
}

async function valueOf(tx: Tx, column: MapColumn, key: string): Promise<string> {
  const { rows } = await tx.query<Row & { value: string | null }>(sql`
    select ${raw(column.sql)}::text as value from desk.customers where id = ${key}::bigint`);
  return rows[0]?.value ?? '';
}

/** The people's table is the only one of the help desk that holds master data; the map names the column. */
async function setValue(tx: Tx, column: MapColumn, key: string, value: string | null): Promise<void> {
  try {
    await tx.query(sql`
      update desk.customers set ${raw(column.sql)} = ${value}::${raw(column.type === 'date' ? 'date' : 'text')}
      where id = ${key}::bigint`);
  } catch (error) {
    if (sqlstateOf(error) === UNIQUE) throw invalid('value: another customer has it');
    throw error;
  }
}

interface Rectification {
  readonly id: string;
  readonly key: string;
  readonly order: Order;
  readonly old: string;
  readonly by: string;
  readonly at: Instant;
}

const SALT_BYTES = 16;

async function insertRectification(tx: Tx, { id, key, order, old, by, at }: Rectification): Promise<void> {
  const salt = randomBytes(SALT_BYTES);
  const digest = hash('sha256', Buffer.concat([salt, Buffer.from(old)]));
  await tx.query(sql`
    insert into lethe.rectification (id, record, key, field, old_digest, salt, reason, evidence, corrected_by, corrected_at)
    values (${id}, 'customer', ${key}, ${`customer.${order.field}`}, ${digest}, ${salt}::bytea, ${order.reason},
      ${order.evidence ?? null}, ${by}, ${at}::timestamptz)`);
}
