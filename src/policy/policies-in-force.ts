import { describeProblems, LetheError, type Problem } from '../core/errors.js';
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../db/database.js';
import type { MapGraph } from '../datamap/graph.js';
import { standings, type PolicyStanding, type PublishedVersion } from './publication.js';
import { listPublications } from './publication-store.js';
import { readRetentionPolicy, type RetentionPolicy } from './retention-policy.js';
import { versionTexts } from './version-store.js';

/**
 * The versions in force, compiled against the map. Files are drafts: editing one changes nothing here.
 * @throws LetheError `version_unreadable` when the map has changed so that one of them no longer fits
 */
export async function policiesInForce(
  db: Queryable,
  graph: MapGraph,
  now: Instant,
): Promise<readonly RetentionPolicy[]> {
  const versions = [...standings(await listPublications(db), now).values()].flatMap(
    ({ inForce }) => inForce ?? [],
  );
  const { policies, problems } = await readVersions(db, graph, versions);
  if (problems.length > 0)
    throw new LetheError('version_unreadable', { problems: describeProblems(problems) });
  return policies;
}

export interface VersionsRead {
  readonly policies: readonly RetentionPolicy[];
  /** Why the others cannot be read; the file is the policy with its version. */
  readonly problems: readonly Problem[];
}

/** Published versions compiled against the map, in their order. Those that remove a policy have nothing to read. */
export async function readVersions(
  db: Queryable,
  graph: MapGraph,
  versions: readonly PublishedVersion[],
): Promise<VersionsRead> {
  const known = compiledFor(graph);
  const missing = versions.flatMap(({ digest }) => (digest === null || known.has(digest) ? [] : [digest]));
  const texts = await versionTexts(db, missing);
  const problems: Problem[] = [];
  const policies = versions.flatMap((version) => {
    if (version.digest === null) return [];
    const text = texts.get(version.digest);
    const compiled = known.get(version.digest) ?? compile(graph, version, text, problems);
    if (compiled) known.set(version.digest, compiled);
    return compiled ?? [];
  });
  return { policies, problems };
}

function compile(
  graph: MapGraph,
  { id, policy }: PublishedVersion,
  text: string | undefined,
  problems: Problem[],
): RetentionPolicy | null {
  const path = `${policy} (${id})`;
  const refuse = (at: string, message: string): null => {
    problems.push({ file: path, path: at, message });
    return null;
  };
  if (text === undefined) return refuse('', 'its stored text is gone, or is not the one that was published');
  const read = readRetentionPolicy(graph, { path, content: JSON.parse(text) }, problems);
  return read && read.id !== policy ? refuse('id', `its text is that of "${read.id}"`) : read;
}

/** A version never changes and neither does a compiled map, so what was read once need not be read again. */
const COMPILED = new WeakMap<MapGraph, Map<string, RetentionPolicy>>();

function compiledFor(graph: MapGraph): Map<string, RetentionPolicy> {
  const known = COMPILED.get(graph) ?? new Map<string, RetentionPolicy>();
  COMPILED.set(graph, known);
  return known;
}

/** How every policy stands now; see standings. */
export const policyStandings = async (
  db: Queryable,
  now: Instant,
): Promise<ReadonlyMap<string, PolicyStanding>> => standings(await listPublications(db), now);

/** Versions that wait for the end of their cooling time, for approvals, or for both. */
export async function waitingVersions(db: Queryable, now: Instant): Promise<readonly PublishedVersion[]> {
  return [...(await policyStandings(db, now)).values()].flatMap(({ waiting }) => waiting ?? []);
}
