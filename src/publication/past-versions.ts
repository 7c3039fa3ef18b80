import type { Queryable } from '../db/database.js';
import type { PolicyKind } from '../policy/policy.js';
import type { PolicyStanding, PublishedVersion } from './publication.js';
import { versionTexts } from './version-store.js';

/** A version as it was published; the rest of its text need not fit this map, nor this Lethe. */
export interface PastVersion {
  readonly version: PublishedVersion;
  readonly content: unknown;
}

/** The texts of versions of one kind that satisfy a test, oldest first of each policy; removals have none. */
export async function pastVersions(
  db: Queryable,
  standings: ReadonlyMap<string, PolicyStanding>,
  kind: PolicyKind,
  wanted: (version: PublishedVersion, standing: PolicyStanding) => boolean,
): Promise<readonly PastVersion[]> {
  const versions = [...standings.values()]
    .filter((standing) => standing.kind === kind)
    .flatMap((standing) => standing.versions.filter((version) => wanted(version, standing)));
  const texts = await versionTexts(
    db,
    versions.flatMap(({ digest }) => digest ?? []),
  );
  return versions.flatMap((version) => {
    const text = texts.get(version.digest ?? '');
    return text === undefined ? [] : [{ version, content: JSON.parse(text) as unknown }];
  });
}

/** Did it ever rule? */
export const cameIntoForce = ({ state }: PublishedVersion): boolean =>
  'since' in state && state.since !== null;
