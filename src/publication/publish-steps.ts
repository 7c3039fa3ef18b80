import { policyInvalid, type Problem } from '../core/errors.js';
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../db/database.js';
import type { MapGraph } from '../datamap/graph.js';
import { strictestOversight, type Oversight } from './oversight.js';
import { reportOverrides } from '../policy/overrides.js';
import { readVersions } from './policies-in-force.js';
import type { PolicyStanding, PublishedVersion } from './publication.js';
import type { PolicyFile } from '../policy/checked-entry.js';
import type { RetentionPolicy } from '../policy/retention-policy.js';
import { retentionSchema, type RetentionEntry } from '../policy/retention-schema.js';
import type { OtherPolicy } from './rivals-freed.js';
import { mayTakeMore } from './takes-more.js';
import { versionTexts } from './version-store.js';

/** One policy on its way to a new version. */
export interface Step {
  readonly policy: string;
  /** Null: it is removed. */
  readonly after: RetentionPolicy | null;
  /** Of the file, as the user would write it. */
  readonly path: string;
  /** False: the newest version says the same. */
  readonly isNew: boolean;
}

/** What is published before the steps. */
export interface Published {
  readonly now: Instant;
  readonly standings: ReadonlyMap<string, PolicyStanding>;
  /** A version's policy; null when it removes one, or the map can no longer read it. */
  readonly read: (version: PublishedVersion | null) => RetentionPolicy | null;
  readonly inForce: (policy: string) => RetentionPolicy | null;
  /** Of each policy what its last version that came into force says, also of removed ones and those the map cannot read. */
  readonly lastEntries: readonly RetentionEntry[];
}

export async function readPublished(
  db: Queryable,
  graph: MapGraph,
  { standings, now }: Pick<Published, 'standings' | 'now'>,
): Promise<Published> {
  const versions = [...standings.values()].flatMap(({ inForce, waiting }) =>
    [inForce, waiting].filter((version) => version !== null),
  );
  const { policies } = await readVersions(db, graph, versions);
  const byDigest = new Map(policies.map((policy) => [policy.digest, policy]));
  const read = (version: PublishedVersion | null) => byDigest.get(version?.digest ?? '') ?? null;
  return {
    ...{ now, standings, read },
    inForce: (policy) => read(standings.get(policy)?.inForce ?? null),
    lastEntries: await lastEntries(db, standings),
  };
}

async function lastEntries(
  db: Queryable,
  standings: Published['standings'],
): Promise<readonly RetentionEntry[]> {
  const digests = [...standings.values()].flatMap(({ versions }) => {
    const ruled = versions.filter(
      ({ digest, state }) => digest !== null && 'since' in state && state.since !== null,
    );
    return ruled.at(-1)?.digest ?? [];
  });
  const texts = await versionTexts(db, digests);
  return [...texts.values()].flatMap((text) => {
    const parsed = retentionSchema.safeParse(JSON.parse(text));
    return parsed.success ? [parsed.data] : [];
  });
}

/**
 * Who must agree to a version that may take more: as many as it asks for, and as the rules do whose records it may take: the one
 * it follows, also after a removal; those it overrides from now on; and, as a first version, all on the same records, or a rule
 * would be rid of its approvers under another id.
 */
export function oversightOf(
  { standings, lastEntries: entries }: Published,
  { policy, after }: Step,
): Oversight {
  const own = entries.filter(({ id }) => id === policy);
  const isFirst = !standings.get(policy)?.inForce;
  const takesFrom = ({ id, record, then }: RetentionEntry): boolean =>
    id !== policy &&
    then.action === 'delete' &&
    after?.action === 'delete' &&
    record === after.entry.record &&
    (isFirst || (after.overrides.includes(id) && !own.some(({ overrides }) => overrides?.includes(id))));
  return strictestOversight([...own, ...entries.filter(takesFrom), ...(after ? [after.entry] : [])]);
}

/** Why the step may take records that are kept now; empty when it provably takes none. */
export function reasonsOf(published: Published, step: Step, steps: readonly Step[]): readonly string[] {
  const ruling = published.standings.get(step.policy)?.inForce ?? null;
  const before = published.inForce(step.policy);
  if (ruling && !before)
    return ['the data map cannot read the version in force, so the two cannot be compared'];
  return mayTakeMore({ before, after: step.after }, othersOf(published, step, steps));
}

/** Every version of other policies that may rule while this one does. */
function othersOf(
  { standings, read }: Published,
  step: Step,
  steps: readonly Step[],
): readonly OtherPolicy[] {
  const known = [...standings.values()].flatMap(({ policy: id, inForce, waiting }) => [
    ...(inForce ? [{ id, policy: read(inForce), isInForce: true }] : []),
    ...(waiting && waiting.digest !== null ? [{ id, policy: read(waiting), isInForce: false }] : []),
  ]);
  const coming = steps.flatMap(({ policy: id, after }) =>
    after ? [{ id, policy: after, isInForce: false }] : [],
  );
  return [...known, ...coming].filter(({ id }) => id !== step.policy);
}

/**
 * What `overrides` names must be there once all newest versions rule.
 * @throws LetheError `policy_invalid`
 */
export async function requireFittingSet(
  db: Queryable,
  { standings }: Published,
  steps: readonly Step[],
): Promise<void> {
  const kept = [...standings.values()].flatMap(({ policy, versions }) =>
    steps.some((step) => step.policy === policy) ? [] : versions.slice(-1),
  );
  const texts = await versionTexts(
    db,
    kept.flatMap(({ digest }) => digest ?? []),
  );
  const files: PolicyFile[] = [
    ...steps.flatMap(({ path, after }) =>
      after ? [{ path, content: JSON.parse(after.text) as unknown }] : [],
    ),
    ...kept.flatMap(({ id, policy, digest }) => {
      const text = texts.get(digest ?? '');
      return text === undefined ? [] : [{ path: `${policy} (${id})`, content: JSON.parse(text) as unknown }];
    }),
  ];
  const problems: Problem[] = [];
  reportOverrides(files, problems);
  if (problems.length > 0) throw policyInvalid(problems);
}
