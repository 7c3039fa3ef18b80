import type { Call } from '../access/call.js';
import { decryptedRow } from '../access/protected-values.js';
import { LetheError } from '../core/errors.js';
import { newId } from '../core/ids.js';
import type { Instant } from '../core/instant.js';
import type { Row, Tx } from '../db/database.js';
import { sqlstateOf } from '../db/failures.js';
import { identifier, join, raw, sql } from '../db/sql.js';
import type { MapColumn, MapGraph } from '../datamap/graph.js';
import { readProtections } from '../disposal/protections.js';
import { cutText } from '../intake/cut-text.js';
import { actorId } from '../ledger/actor-directory.js';
import { appendEntry } from '../ledger/append.js';
import type { z } from 'zod';
import { checkedInput } from './checked-input.js';
import { indexEmail, indexPhone } from './customer-index.js';
import { hasUnencrypted } from './customer-store.js';
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
 * @throws LetheError `input_invalid`, `access_denied`, `rectification_held`, and as Encryption.encrypt and decrypt
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
    await insertRectification(tx, { id, key, order, by, at });
    await setValue(context, tx, column, key, order.value);
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

type Texts = Readonly<Record<string, string | null>>;

/** The customer's values in these columns, by their ids. */
async function valuesOf(
  { encryption, graph }: TicketContext,
  tx: Tx,
  key: string,
  columns: readonly MapColumn[],
): Promise<Texts> {
  const selected = columns.map((column) => sql`${raw(column.sql)}::text as ${raw(identifier(column.id))}`);
  const { rows } = await tx.query<Row & Texts>(sql`
    select ${join(selected)} from desk.customers where id = ${key}::bigint`);
  const table = graph.records.get('customer');
  return table && rows[0] ? decryptedRow(encryption, table, key, rows[0], tx) : {};
}

/**
 * The people's table is the only one of the help desk that holds master data; the map names the column. What is somebody else's is
 * refused before the value is encrypted: a key that is made for it would stay in the vault.
 */
async function setValue(
  context: TicketContext,
  tx: Tx,
  column: MapColumn,
  key: string,
  value: string | null,
): Promise<void> {
  await indexAnew(context, tx, column, key, value);
  const place = { table: 'customers', row: key, owner: { record: 'customer', key } };
  const { [column.id]: stored } = await context.encryption.encrypt(tx, place, { [column.id]: value });
  try {
    await tx.query(sql`
      update desk.customers set ${raw(column.sql)} = ${stored}::${raw(column.type === 'date' ? 'date' : 'text')}
      where id = ${key}::bigint`);
  } catch (error) {
    if (sqlstateOf(error) === UNIQUE) throw taken();
    throw error;
  }
}

const taken = (): LetheError => invalid('value: another customer has it');

/**
 * Where it is encrypted, the customer is found by the new value from now on. A phone without a prefix is read by their country. Who is
 * not encrypted yet, while the first encryption goes on, is in no index; they come into it in the commit that encrypts them, so that
 * whoever is not found in the clear is found there.
 */
async function indexAnew(
  context: TicketContext,
  tx: Tx,
  { id }: MapColumn,
  key: string,
  value: string | null,
): Promise<void> {
  const { encryption, graph } = context;
  if (id === 'email' && value !== null) {
    if (await hasUnencrypted(tx, value, key)) throw taken();
    if (!(await indexEmail(encryption, tx, key, value))) throw taken();
  }
  if ((id !== 'phone' && id !== 'country') || !(await encryption.isOn(tx))) return;
  const beside = columnOf(graph, id === 'phone' ? 'country' : 'phone');
  const known = await valuesOf(context, tx, key, [beside]);
  const { phone = null, country = null }: Texts = { ...known, [id]: value };
  await indexPhone(encryption, tx, key, phone, country);
}

interface Rectification {
  readonly id: string;
  readonly key: string;
  readonly order: Order;
  readonly by: string;
  readonly at: Instant;
}

/** Neither value is in it, nor anything that the old one could be found by: whoever tries every day of birth has it at once. */
async function insertRectification(tx: Tx, { id, key, order, by, at }: Rectification): Promise<void> {
  await tx.query(sql`
    insert into lethe.rectification (id, record, key, field, reason, evidence, corrected_by, corrected_at)
    values (${id}, 'customer', ${key}, ${`customer.${order.field}`}, ${order.reason}, ${order.evidence ?? null}, ${by},
      ${at}::timestamptz)`);
}
