import type { Instant } from '../core/instant.js';
import type { Row, Tx } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { CustomerField } from './write-inputs.js';

/** The desk's own statements on customers; see ticket-store.ts. */

export interface FoundCustomer {
  readonly id: string;
  readonly isNew: boolean;
}

export type CustomerData = Readonly<Partial<Record<CustomerField, string>>>;

/**
 * The customer with this e-mail address, ignoring case, or a new one with the data. Of one who is known nothing is changed:
 * whoever writes under an address has not shown that they are that person.
 */
export async function findOrMakeCustomer(
  tx: Tx,
  data: CustomerData & { readonly email: string },
  at: Instant,
): Promise<FoundCustomer> {
  const { rows } = await tx.query<Row & { id: string }>(sql`
    select id from desk.customers where lower(email) = lower(${data.email}) for update`);
  const [known] = rows;
  if (known) return { id: known.id, isNew: false };
  const { rows: made } = await tx.query<Row & { id: string }>(sql`
    with next as (select nextval(pg_get_serial_sequence('desk.customers', 'id')) as id)
    insert into desk.customers (id, customer_number, name, email, phone, company, address_line1, address_line2, postal_code,
      city, country, language, date_of_birth, last_contact_at, created_at)
    select id, 'C-' || (10000 + id)::text, ${data.name ?? ''}, ${data.email}, ${data.phone ?? null}, ${data.company ?? null},
      ${data.address_line1 ?? null}, ${data.address_line2 ?? null}, ${data.postal_code ?? null}, ${data.city ?? null},
      ${data.country ?? null}, ${data.language ?? 'en'}, ${data.date_of_birth ?? null}::date, ${at}::timestamptz, ${at}::timestamptz
    from next
    on conflict do nothing returning id`);
  // made by another caller between the two statements, or the number was taken by an import
  return made[0] ? { id: made[0].id, isNew: true } : findOrMakeCustomer(tx, data, at);
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
