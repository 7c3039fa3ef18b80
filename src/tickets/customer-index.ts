import type { Tx } from '../db/database.js';
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
  if (!(await encryption.index(tx, entry(id, 'email', email)))) return false;
  if (!(await encryption.index(tx, entry(id, 'customerNumber', customer_number)))) {
    await encryption.index(tx, entry(id, 'email', null));
    return false;
  }
  if (phone !== undefined) await indexPhone(encryption, tx, id, phone, country ?? null);
  return true;
}

/** False: another customer has it. */
export const indexEmail = (
  encryption: Encryption,
  tx: Tx,
  id: string,
  email: string | null,
): Promise<boolean> => encryption.index(tx, entry(id, 'email', email));

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
