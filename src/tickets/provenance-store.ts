import type { Instant } from '../core/instant.js';
import type { Tx } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { Channel } from '../intake/intake.js';
import type { DeskAuthor } from './desk-author.js';
import type { CustomerField, Source } from './write-inputs.js';

/** Where a datum came from; Lethe's own copies say what they are copies of. */
export interface Origin {
  readonly kind: Source['kind'] | 'copy';
  readonly ref?: string | undefined;
}

/** One row for each datum of a new customer that was kept. */
export async function insertProvenance(
  tx: Tx,
  customer: string,
  origins: readonly (readonly [CustomerField, Origin])[],
  channel: Channel,
  at: Instant,
): Promise<void> {
  const of = <T>(pick: (field: CustomerField, origin: Origin) => T): readonly T[] =>
    origins.map(([field, origin]) => pick(field, origin));
  await tx.query(sql`
    insert into desk.provenance (customer_id, field, source, source_ref, channel, kept_at)
    select ${customer}::bigint, field, source, ref, ${channel}, ${at}::timestamptz
    from unnest(${of((field) => field)}::text[], ${of((_, { kind }) => kind)}::text[],
      ${of((_, { ref }) => ref ?? null)}::text[]) as datum(field, source, ref)`);
}

/** Where data comes from that nobody said more about. */
export function usualSource(author: DeskAuthor, channel: Channel): Source {
  if (author.kind === 'agent') return { kind: 'agent' };
  return { kind: author.kind === 'system' && channel === 'web' ? 'form' : 'person' };
}
