import type { Instant } from '../core/instant.js';
import type { Row, Tx } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { Encryption } from '../encryption/encryption.js';
import { newRow } from '../encryption/new-rows.js';
import type { Origin } from './provenance-store.js';
import type { FileInput } from './write-inputs.js';

/** Where files are stored: keys of the message, and of its ticket. */
export interface FilePlace {
  readonly ticket: string;
  readonly message: string;
}

/**
 * Stores the files of a message; returns their keys.
 * @throws LetheError as Encryption.encrypt
 */
export async function storeFiles(
  encryption: Encryption,
  tx: Tx,
  { ticket, message }: FilePlace,
  files: readonly FileInput[],
  origin: Origin,
  at: Instant,
): Promise<readonly string[]> {
  const place = { table: 'attachments', owner: { record: 'ticket', key: ticket } };
  const keys: string[] = [];
  for (const { fileName, mediaType, content } of files) {
    const stored = { file_name: fileName, content, source_ref: origin.ref ?? null };
    // one after the other: an encrypted file is a second copy of it in memory
    const { key, values } = await newRow(encryption, tx, place, stored);
    const { rows } = await tx.query<Row & { id: string }>(sql`
      insert into desk.attachments (id, message_id, file_name, media_type, content, size_bytes, source, source_ref, created_at)
      values (${key}, ${message}::bigint, ${values.file_name}, ${mediaType}, ${values.content}, ${content.length},
        ${origin.kind}, ${values.source_ref}, ${at}::timestamptz)
      returning id`);
    keys.push(rows[0]?.id ?? '');
  }
  return keys;
}
