import type { Instant } from '../core/instant.js';
import type { Row, Tx } from '../db/database.js';
import { raw, sql, type Sql } from '../db/sql.js';
import type { Encryption } from '../encryption/encryption.js';
import { indexedSql } from './find-sql.js';
import { indexNewCustomer } from './customer-index.js';
import type { CustomerField } from './write-inputs.js';

/** The desk's own statements on customers; see ticket-store.ts. */

export interface FoundCustomer {
  readonly id: string;
  readonly isNew: boolean;
}

export type CustomerData = Readonly<Partial<Record<CustomerField, string>>>;
/** Without an address there is nobody to find. */
export type AddressedCustomer = CustomerData & { readonly email: string };

const MOST_TRIES = 20;

/**
 * The customer with this e-mail address, ignoring case, or a new one with the data. Of one who is known nothing is changed:
 * whoever writes under an address has not shown that they are that person.
 * @throws LetheError as Encryption.encrypt
 */
export async function findOrMakeCustomer(
  encryption: Encryption,
  tx: Tx,
  data: AddressedCustomer,
  at: Instant,
  tries = 1,
): Promise<FoundCustomer> {
  const digests = await encryption.digests(tx, 'email', data.email);
  const known = await customerWith(tx, data.email, digests);
  if (known !== null) return { id: known, isNew: false };
  const made =
    digests === null ? await insertCustomer(tx, data, at) : await makeIndexed(encryption, tx, data, at);
  if (made !== null) return { id: made, isNew: true };
  if (tries === MOST_TRIES) throw new Error('an address changes hands faster than it can be read');
  // made by another caller between the two statements, or the number was taken by an import
  return findOrMakeCustomer(encryption, tx, data, at, tries + 1);
}

/** @param digests null: addresses are not encrypted */
async function customerWith(
  tx: Tx,
  email: string,
  digests: readonly Uint8Array[] | null,
): Promise<string | null> {
  const stored = sql`lower(email) = lower(${email})`;
  const { rows } = await tx.query<Row & { id: string }>(sql`
    select id from desk.customers where ${digests === null ? stored : indexedSql('email', 'id', digests, stored)} order by id for update`);
  return rows[0]?.id ?? null;
}

/** Whether another customer has the address, ignoring case, and it is not encrypted, or not yet. */
export async function hasUnencrypted(tx: Tx, email: string, but: string): Promise<boolean> {
  const { count } = await tx.query(sql`
    select 1 from desk.customers where lower(email) = lower(${email}) and id <> ${but}::bigint`);
  return count > 0;
}

/** Null: the address or the number is somebody else's. */
async function insertCustomer(tx: Tx, data: AddressedCustomer, at: Instant): Promise<string | null> {
  const { rows } = await tx.query<Row & { id: string }>(sql`
    with next as (select nextval(pg_get_serial_sequence('desk.customers', 'id')) as id)
    ${insertSql(data, { id: raw('id'), number: NUMBER, at })} from next
    on conflict do nothing returning id`);
  return rows[0]?.id ?? null;
}

/** The index is what two callers with one address meet in: whoever comes second waits for the first. */
async function makeIndexed(
  encryption: Encryption,
  tx: Tx,
  data: AddressedCustomer,
  at: Instant,
): Promise<string | null> {
  const { id, number } = await drawNumbered(tx);
  const indexed = { ...data, customer_number: number };
  if (!(await indexNewCustomer(encryption, tx, id, indexed))) return null;
  const place = { table: 'customers', row: id, owner: { record: 'customer', key: id } };
  // the name is never absent: an empty one is a value, too
  const stored = await encryption.encrypt(tx, place, { ...indexed, name: data.name ?? '' });
  const { rows } = await tx.query<Row & { id: string }>(sql`
    ${insertSql(stored, { id: sql`${id}::bigint`, number: sql`${stored.customer_number}`, at })} returning id`);
  return rows[0]?.id ?? null;
}

/** Of a row with an `id`. */
const NUMBER = raw("'C-' || (10000 + id)::text");

/** A key whose number is free, also among those that are not encrypted yet. */
async function drawNumbered(tx: Tx): Promise<{ readonly id: string; readonly number: string }> {
  const { rows } = await tx.query<Row & { id: string; number: string; taken: boolean }>(sql`
    with next as materialized (select nextval(pg_get_serial_sequence('desk.customers', 'id')) as id),
    numbered as (select id, ${NUMBER} as number from next)
    select id, number, exists (select from desk.customers c where c.customer_number = numbered.number) as taken from numbered`);
  const [next] = rows;
  return next && !next.taken ? next : drawNumbered(tx);
}

function insertSql(
  data: AddressedCustomer,
  { id, number, at }: { readonly id: Sql; readonly number: Sql; readonly at: Instant },
): Sql {
  return sql`
    insert into desk.customers (id, customer_number, name, email, phone, company, address_line1, address_line2, postal_code,
      city, country, language, date_of_birth, last_contact_at, created_at)
    select ${id}, ${number}, ${data.name ?? ''}, ${data.email}, ${data.phone ?? null}, ${data.company ?? null},
      ${data.address_line1 ?? null}, ${data.address_line2 ?? null}, ${data.postal_code ?? null}, ${data.city ?? null},
      ${data.country ?? null}, ${data.language ?? 'en'}, ${data.date_of_birth ?? null}, ${at}::timestamptz, ${at}::timestamptz`;
}

/** They opened a ticket. */
export async function countTicket(tx: Tx, customer: string, at: Instant): Promise<void> {
  await tx.query(sql`
    update desk.customers set ticket_count = ticket_count + 1, last_contact_at = greatest(last_contact_at, ${at}::timestamptz)
    where id = ${customer}::bigint`);
}

/** They wrote. */
export async function notedContact(tx: Tx, customer: string, at: Instant): Promise<void> {
  await tx.query(sql`
    update desk.customers set last_contact_at = greatest(last_contact_at, ${at}::timestamptz) where id = ${customer}::bigint`);
}
