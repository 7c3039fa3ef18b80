import { describeProblems, LetheError, type Problem } from '../core/errors.js';
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../db/database.js';
import type { MapGraph } from '../datamap/graph.js';
import {
  asOf,
  standings,
  type PolicyStanding,
  type Publication,
  type PublishedVersion,
} from './publication.js';
import { listPublications } from './publication-store.js';
import { byKind, type PoliciesByKind, type Policy } from '../policy/policy.js';
import { readPolicy } from '../policy/policy-set.js';
import type { RetentionPolicy } from '../policy/retention-policy.js';
import { versionTexts } from './version-store.js';

/**
 * The retention policies in force, compiled against the map. Files are drafts: editing one changes nothing here.
 * @throws LetheError `version_unreadable` when the map has changed so that one of them no longer fits
 */
export async function policiesInForce(
  db: Queryable,
  graph: MapGraph,
  now: Instant,
): Promise<readonly RetentionPolicy[]> {
  const ruling = rulingAt(await listPublications(db), now);
  const rules = ruling.filter(({ kind }) => kind === 'retention');
  return (await readPolicies(db, graph, rules)).retention;
}

/**
 * The policies of every kind that are, or were, in force at an instant: nothing published or approved later counts.
 * @throws LetheError `version_unreadable` when the map has changed so that one of them no longer fits
 */
export async function policiesByKind(db: Queryable, graph: MapGraph, at: Instant): Promise<PoliciesByKind> {
  return readPolicies(db, graph, rulingAt(await listPublications(db), at));
}

/** The versions in force at an instant, in the order of their policies' names. */
export const rulingAt = (publications: readonly Publication[], at: Instant): readonly PublishedVersion[] =>
  [...standings(asOf(publications, at), at).values()].flatMap(({ inForce }) => inForce ?? []);

/** Versions compiled against the map, by kind. Throws `version_unreadable` when one of them no longer fits. */
export async function readPolicies(
  db: Queryable,
  graph: MapGraph,
  versions: readonly PublishedVersion[],
): Promise<PoliciesByKind> {
  const { policies, problems } = await readVersions(db, graph, versions);
  if (problems.length > 0)
    throw new LetheError('version_unreadable', { problems: describeProblems(problems) });
  return byKind(policies);
}

export interface VersionsRead {
  readonly policies: readonly Policy[];
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
    if (!compiled) return [];
    known.set(version.digest, compiled);
    if (compiled.id === version.policy && compiled.kind === version.kind) return compiled;
    const message = `its text is that of the ${compiled.kind} policy "${compiled.id}"`;
    problems.push({ file: pathOf(version), path: 'id', message });
    return [];
  });
  return { policies, problems };
}

const pathOf = ({ id, policy }: PublishedVersion): string => `${policy} (${id})`;

function compile(
  graph: MapGraph,
  version: PublishedVersion,
  text: string | undefined,
  problems: Problem[],
): Policy | null {
  const path = pathOf(version);
  if (text !== undefined) return readPolicy(graph, { path, content: JSON.parse(text) }, problems);
  const message = 'its stored text is gone, or is not the one that was published';
  problems.push({ file: path, path: '', message });
  return null;
}

/** A version never changes and neither does a compiled map, so what was read once need not be read again. */
const COMPILED = new WeakMap<MapGraph, Map<string, Policy>>();

function compiledFor(graph: MapGraph): Map<string, Policy> {
  const known = COMPILED.get(graph) ?? new Map<string, Policy>();
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
