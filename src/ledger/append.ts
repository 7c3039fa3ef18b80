import { hash, randomBytes, randomUUID } from 'node:crypto';
import { canonicalJson } from '../core/canonical-json.js';
import { sha256 } from '../core/digest.js';
import type { Tx } from '../db/database.js';
import { empty, sql } from '../db/sql.js';
import type { Instant } from '../core/instant.js';

/** What an entry says. Personal data has no place in it: actors by id, records and persons only in `names`. */
export interface LedgerFacts {
  /** `retention.batch`, `hold.placed` … */
  readonly kind: string;
  readonly at: Instant;
  /** Actor id. */
  readonly actor: string;
  readonly about: Readonly<Record<string, string | number>>;
  readonly counts?: Readonly<Record<string, number>>;
  readonly digests?: Readonly<Record<string, string>>;
  /** Names of records or persons (`ticket/77`): only SHA-256(salt ‖ name) enters the entry. */
  readonly names?: readonly string[];
}

const SALT_BYTES = 16;

/** Appends an entry in its final form; returns its id. The entry commits with the transaction. */
export async function appendEntry(tx: Tx, { names = [], ...facts }: LedgerFacts): Promise<string> {
  const id = randomUUID();
  const salts = randomBytes(SALT_BYTES * names.length);
  const saltOf = (index: number): Buffer => salts.subarray(index * SALT_BYTES, (index + 1) * SALT_BYTES);
  const commitments = names.map((name, index) =>
    hash('sha256', Buffer.concat([saltOf(index), Buffer.from(name)])),
  );
  const body = canonicalJson({ v: 1, id, ...facts, ...(names.length > 0 ? { names: commitments } : {}) });
  const salted =
    names.length === 0
      ? empty
      : sql`, salted as (insert into lethe.ledger_salt (entry_id, salts) select id, ${salts}::bytea from entry)`;
  // no lock on a head: two writers do not meet, and the sealer orders what has committed
  await tx.query(sql`
    with entry as (
      insert into lethe.ledger_entry (id, at, kind, body, digest)
      values (${id}, ${facts.at}::timestamptz, ${facts.kind}, ${body}, ${sha256(body)})
      returning id
    )${salted}
    insert into lethe.ledger_unsealed (entry_id) select id from entry`);
  return id;
}
