import type { Instant } from '../core/instant.js';
import type { Queryable } from '../db/database.js';
import { actorNames } from '../ledger/actor-directory.js';
import { findVersion, type PublishedVersion } from './publication.js';
import { policyStandings } from './policies-in-force.js';
import { versionText } from './version-store.js';

/** A version as people read it. */
export interface HistoryEntry extends PublishedVersion {
  /** Of the policy's versions, from 1. */
  readonly number: number;
  /** Who published it, and who approved it; an id where the name has been erased. */
  readonly author: string;
  readonly approvedBy: readonly string[];
}

/** Every published version of one policy, or of all, oldest first. */
export async function policyHistory(
  db: Queryable,
  now: Instant,
  policy?: string,
): Promise<readonly HistoryEntry[]> {
  const names = await actorNames(db);
  const nameOf = (id: string): string => names.get(id) ?? id;
  return [...(await policyStandings(db, now)).values()]
    .filter((standing) => policy === undefined || standing.policy === policy)
    .flatMap(({ versions }) =>
      versions.map((version, index) => ({
        ...version,
        number: index + 1,
        author: nameOf(version.publishedBy),
        approvedBy: version.approvals.map(({ actor }) => nameOf(actor)),
      })),
    );
}

/**
 * The stored text of a version: canonical JSON; null when it removes its policy.
 * @throws LetheError `version_unknown`
 */
export async function textOfVersion(db: Queryable, now: Instant, version: string): Promise<string | null> {
  const { digest } = findVersion(await policyStandings(db, now), version);
  return digest === null ? null : versionText(db, digest);
}
