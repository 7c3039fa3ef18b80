import type { Row, Tx } from '../db/database.js';
import { raw, sql } from '../db/sql.js';
import type { Encryption, IndexEntry } from '../encryption/encryption.js';

/** What customers are found by where it is encrypted. All of it goes with the customer. */

const entry = (
  id: string,
  kind: IndexEntry['kind'],
  value: string | null,
  country: string | null = null,
): IndexEntry => ({ record: 'customer', key: id, kind, value, country });

/** What is known of somebody who is not stored yet. */
interface NewCustomer {
  readonly email: string;
  readonly customer_number: string;
  readonly phone?: string;
  readonly country?: string;
}

/**
 * Makes a customer findable who is not stored yet. False: another has the address or the number, and nobody is found by what was
 * to be this one's.
 */
export async function indexNewCustomer(
  encryption: Encryption,
  tx: Tx,
  id: string,
  { email, phone, customer_number, country }: NewCustomer,
): Promise<boolean> {
  if (!(await indexEmail(encryption, tx, id, email))) return false;
  if (!(await encryption.index(tx, entry(id, 'customerNumber', customer_number)))) {
    await encryption.index(tx, entry(id, 'email', null));
    return false;
  }
  if (phone !== undefined) await indexPhone(encryption, tx, id, phone, country ?? null);
  return true;
}

/** False: another customer has it. */
export async function indexEmail(
  encryption: Encryption,
  tx: Tx,
  id: string,
  email: string,
): Promise<boolean> {
  const wanted = entry(id, 'email', email);
  if (await encryption.index(tx, wanted)) return true;
  return (await forgetAbsent(encryption, tx, email)) && encryption.index(tx, wanted);
}

const IS_ABSENT = raw(
  "b.record = 'customer' and not exists (select from desk.customers c where c.id = b.key::bigint)",
);

/**
 * Takes customers who are not there out of the index: a row that was deleted past Lethe leaves its entries, and nobody could have the
 * address again. A customer and their entries are committed together, so that of those who are just being made nothing is seen; the
 * entries are locked, which whoever makes a customer of that key waits for, and looked at anew before they go. False: none was left.
 */
async function forgetAbsent(encryption: Encryption, tx: Tx, email: string): Promise<boolean> {
  const digests = await encryption.digests(tx, 'email', email);
  const { rows } = await tx.query<Row & { key: string }>(sql`
    select b.key from lethe.blind_index b
    where ${IS_ABSENT} and b.key in (
      select i.key from lethe.blind_index i
      where i.kind = 'email' and i.record = 'customer' and i.digest = any(${digests}::bytea[]))
    order by b.key, b.kind, b.version for update of b`);
  const keys = rows.map(({ key }) => key);
  if (keys.length === 0) return false;
  const { count } = await tx.query(sql`
    delete from lethe.blind_index b where ${IS_ABSENT} and b.key = any(${keys}::text[])`);
  return count > 0;
}

/** Several may have one number. @param country of the customer, as it is stored */
export async function indexPhone(
  encryption: Encryption,
  tx: Tx,
  id: string,
  phone: string | null,
  country: string | null,
): Promise<void> {
  await encryption.index(tx, entry(id, 'phone', phone, country));
}
