import type { Instant } from '../core/instant.js';
import type { Tx } from '../db/database.js';
import { join, sql } from '../db/sql.js';
import type { Encryption } from '../encryption/encryption.js';
import { newRows } from '../encryption/new-rows.js';
import type { Channel } from '../intake/intake.js';
import type { DeskAuthor } from './desk-author.js';
import type { CustomerField, Source } from './write-inputs.js';

/** Where a datum came from; Lethe's own copies say what they are copies of. */
export interface Origin {
  readonly kind: Source['kind'] | 'copy';
  readonly ref?: string | undefined;
}

/**
 * One row for each datum of a new customer that was kept.
 * @throws LetheError as Encryption.encrypt
 */
export async function insertProvenance(
  encryption: Encryption,
  tx: Tx,
  customer: string,
  origins: readonly (readonly [CustomerField, Origin])[],
  channel: Channel,
  at: Instant,
): Promise<void> {
  if (origins.length === 0) return;
  const place = { table: 'provenance', owner: { record: 'customer', key: customer } };
  const refs = origins.map(([, { ref = null }]) => ({ source_ref: ref }));
  const stored = await newRows(encryption, tx, place, refs);
  const rows = origins.flatMap(([field, { kind }], index) =>
    (stored[index] ? [stored[index]] : []).map(
      ({ key, values }) =>
        sql`(${key}, ${customer}::bigint, ${field}, ${kind}, ${values.source_ref}, ${channel}, ${at}::timestamptz)`,
    ),
  );
  await tx.query(sql`
    insert into desk.provenance (id, customer_id, field, source, source_ref, channel, kept_at) values ${join(rows)}`);
}

/** Where data comes from that nobody said more about. */
export function usualSource(author: DeskAuthor, channel: Channel): Source {
  if (author.kind === 'agent') return { kind: 'agent' };
  return { kind: author.kind === 'system' && channel === 'web' ? 'form' : 'person' };
}
