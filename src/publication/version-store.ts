import { sha256 } from '../core/digest.js';
import type { Queryable, Row } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { PolicyKind } from '../policy/policy.js';

/** The text of a map, a policy or a privacy notice as it was used: canonical JSON, named by its digest. */
export interface Version {
  readonly digest: string;
  readonly kind: 'data-map' | 'notice' | PolicyKind;
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

/** The stored text under this digest; null when there is none, or none that it is the digest of. */
export const versionText = async (db: Queryable, digest: string): Promise<string | null> =>
  (await versionTexts(db, [digest])).get(digest) ?? null;

/**
 * The stored texts under these digests. A text that was exchanged beneath its digest is as good as gone: nobody published it.
 */
export async function versionTexts(
  db: Queryable,
  digests: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (digests.length === 0) return new Map();
  const { rows } = await db.query<Row & { digest: string; content: string }>(sql`
    select digest, content from lethe.version where digest = any(${digests}::text[])`);
  const genuine = rows.filter(({ digest, content }) => sha256(content) === digest);
  return new Map(genuine.map(({ digest, content }) => [digest, content]));
}
