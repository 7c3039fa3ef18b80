import type { Instant } from '../core/instant.js';
import type { Row, Tx } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { Origin } from './provenance-store.js';
import type { FileInput } from './write-inputs.js';

/** Stores the files of a message; returns their keys. */
export async function storeFiles(
  tx: Tx,
  message: string,
  files: readonly FileInput[],
  origin: Origin,
  at: Instant,
): Promise<readonly string[]> {
  const keys: string[] = [];
  for (const { fileName, mediaType, content } of files) {
    const { rows } = await tx.query<Row & { id: string }>(sql`
      insert into desk.attachments (message_id, file_name, media_type, content, size_bytes, source, source_ref, created_at)
      values (${message}::bigint, ${fileName}, ${mediaType}, ${content}, ${content.length},
        ${origin.kind}, ${origin.ref ?? null}, ${at}::timestamptz)
      returning id`);
    keys.push(rows[0]?.id ?? '');
  }
  return keys;
}
