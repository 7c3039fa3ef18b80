import type { Instant } from '../core/instant.js';
import type { Tx } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { Channel } from '../intake/intake.js';
import type { DeskAuthor } from './desk-author.js';
import type { Source } from './write-inputs.js';

/** The records a datum can be of, and the column of desk.provenance that names them. */
export type SourcedRecord = 'customer' | 'ticket' | 'message' | 'attachment';

export interface Datum {
  readonly record: SourcedRecord;
  readonly key: string;
  /** Column of the record. */
  readonly field: string;
  readonly source: { readonly kind: Source['kind'] | 'copy'; readonly ref?: string | undefined };
}

/** One row for each datum that was kept: they go with their record. */
export async function insertProvenance(
  tx: Tx,
  data: readonly Datum[],
  channel: Channel,
  at: Instant,
): Promise<void> {
  if (data.length === 0) return;
  const keys = (record: SourcedRecord): readonly (string | null)[] =>
    data.map((datum) => (datum.record === record ? datum.key : null));
  await tx.query(sql`
    insert into desk.provenance (customer_id, ticket_id, message_id, attachment_id, field, source, source_ref, channel, kept_at)
    select customer, ticket, message, attachment, field, source, ref, ${channel}, ${at}::timestamptz
    from unnest(${keys('customer')}::bigint[], ${keys('ticket')}::bigint[], ${keys('message')}::bigint[],
      ${keys('attachment')}::bigint[], ${data.map(({ field }) => field)}::text[],
      ${data.map(({ source }) => source.kind)}::text[], ${data.map(({ source }) => source.ref ?? null)}::text[])
      as datum(customer, ticket, message, attachment, field, source, ref)`);
}

/** Where data comes from that nobody said more about. */
export function usualSource(author: DeskAuthor, channel: Channel): Source {
  if (author.kind === 'agent') return { kind: 'agent' };
  return { kind: author.kind === 'system' && channel === 'web' ? 'form' : 'person' };
}
