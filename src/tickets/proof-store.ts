import type { Instant } from '../core/instant.js';
import type { Queryable, Row } from '../db/database.js';
import { sql } from '../db/sql.js';
import { indexedSql } from './find-sql.js';

/** Proofs of one ticket that may be good at a time: more would be a way to fill somebody's mailbox. */
const MOST_PROOFS = 5;
const ATTEMPTS = 5;

export interface NewProof {
  readonly id: string;
  readonly number: string;
  readonly address: string;
  /** Of the address; null where addresses are not encrypted. */
  readonly digests: readonly Uint8Array[] | null;
  readonly tokenHash: string;
  readonly now: Instant;
}

/** Whom a proof goes to. */
export interface Provable {
  /** Key of the customer. */
  readonly customer: string;
  /** Their address, as it is stored. */
  readonly email: string;
}

/**
 * Stores a proof in any case, and returns where it goes if the ticket is theirs. One statement that writes one row, whether there
 * is such a ticket or not.
 */
export async function storeProof(db: Queryable, proof: NewProof): Promise<Provable | null> {
  const { id, number, address, digests, tokenHash, now } = proof;
  const stored = sql`lower(c.email) = lower(${address})`;
  const theirs = digests === null ? stored : indexedSql('email', 'c.id', digests, stored);
  const { rows } = await db.query<Row & { customer: string | null; email: string | null }>(sql`
    with found as (
      select t.id::text as ticket, c.id as customer, c.email from desk.tickets t join desk.customers c on c.id = t.customer_id
      where t.number = ${number} and ${theirs}
        and (select count(*) from lethe.ticket_proof p
             where p.ticket = t.id::text and p.expires_at > ${now}::timestamptz) < ${MOST_PROOFS}),
    stored as (
      insert into lethe.ticket_proof (id, ticket, token_hash, made_at, expires_at, attempts_left)
      values (${id}, (select ticket from found), ${tokenHash}, ${now}::timestamptz,
        ${now}::timestamptz + interval '15 minutes', ${ATTEMPTS}))
    select (select customer from found) as customer, (select email from found) as email`);
  const { customer = null, email = null } = rows[0] ?? {};
  return customer === null || email === null ? null : { customer, email };
}

export interface ProvenTicket {
  /** `ticket/77` */
  readonly ticket: string;
  /** `customer/3` */
  readonly customer: string;
}

/**
 * The ticket that the token proves; null for every other token. A wrong one costs each good proof of the ticket an attempt: after a
 * few the mail must be asked for again.
 */
export async function useProof(
  db: Queryable,
  { number, tokenHash, now }: Pick<NewProof, 'number' | 'tokenHash' | 'now'>,
): Promise<ProvenTicket | null> {
  const { rows } = await db.query<Row & { ticket: string; customer: string }>(sql`
    with tried as (
      update lethe.ticket_proof p
      set attempts_left = p.attempts_left - case when p.token_hash = ${tokenHash} then 0 else 1 end
      from desk.tickets t
      where t.number = ${number} and p.ticket = t.id::text and p.expires_at > ${now}::timestamptz
        and p.attempts_left > 0
      returning t.id, t.customer_id, p.token_hash)
    select 'ticket/' || id as ticket, 'customer/' || customer_id as customer from tried
    where token_hash = ${tokenHash}`);
  return rows[0] ?? null;
}
