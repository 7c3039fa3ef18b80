import type { Queryable, Row } from '../db/database.js';
import { sql } from '../db/sql.js';

/** The text of a map or policy as it was used: canonical JSON, named by its digest. */
export interface Version {
  readonly digest: string;
  readonly kind: 'data-map' | 'retention';
  readonly name: string;
  readonly text: string;
}

/** Stores a text under its digest, once; a stored text never changes. */
export async function storeVersion(db: Queryable, version: Version, actor: string): Promise<void> {
  const { digest, kind, name, text } = version;
  await db.query(sql`
    insert into lethe.version (digest, kind, name, content, stored_by)
    values (${digest}, ${kind}, ${name}, ${text}, ${actor})
    on conflict (digest) do nothing`);
}

/** The stored text under this digest. */
export async function versionText(db: Queryable, digest: string): Promise<string | null> {
  const { rows } = await db.query<Row & { content: string }>(sql`
    select content from lethe.version where digest = ${digest}`);
  return rows[0]?.content ?? null;
}

/** The stored texts under these digests. */
export async function versionTexts(
  db: Queryable,
  digests: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (digests.length === 0) return new Map();
  const { rows } = await db.query<Row & { digest: string; content: string }>(sql`
    select digest, content from lethe.version where digest = any(${digests}::text[])`);
  return new Map(rows.map(({ digest, content }) => [digest, content]));
}
