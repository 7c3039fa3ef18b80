import { LetheError } from '../core/errors.js';
import type { MapTable } from '../datamap/graph.js';
import type { Database, Row } from '../db/database.js';
import { raw, sql } from '../db/sql.js';

/** 4 MiB: PostgreSQL sends twice as much, in hexadecimal digits. */
const SLICE_BYTES = 4 * 1024 * 1024;
export const SLICE = raw(String(SLICE_BYTES));

/** A file whose first slice was read. */
export interface StoredFile {
  readonly table: MapTable;
  /** Of its row: every change makes another. */
  readonly version: string;
  /** Bytes as they are stored. */
  readonly size: number;
  readonly first: Uint8Array;
}

/**
 * The slices after the first, each by a statement of its own: who reads slowly holds no transaction open, and no connection.
 * @throws LetheError `content_changed` when the file was deleted or changed meanwhile
 */
export async function* slicesAfter(
  db: Database,
  key: string,
  { table, version, size, first }: StoredFile,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = first.length; at < size; at += SLICE_BYTES) {
    const { rows } = await db.query<Row & { slice: Uint8Array }>(sql`
      select substring(this.content from ${at + 1}::int for ${SLICE}) as slice from ${raw(table.sql)} this
      where this.id = ${key}::bigint and this.xmin::text = ${version}`);
    const [row] = rows;
    if (!row) throw new LetheError('content_changed', { record: `${table.concept ?? table.id}/${key}` });
    yield row.slice;
  }
}
