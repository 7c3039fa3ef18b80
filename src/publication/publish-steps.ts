import { z } from 'zod';
import { policyInvalid, type Problem } from '../core/errors.js';
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../db/database.js';
import type { MapGraph } from '../datamap/graph.js';
import { allowsMore } from './allows-more.js';
import { strictestOversight, type Oversight } from './oversight.js';
import { reportOverrides } from '../policy/overrides.js';
import { readVersions } from './policies-in-force.js';
import type { PolicyStanding, PublishedVersion } from './publication.js';
import type { PolicyFile } from '../policy/checked-entry.js';
import type { Policy, PolicyKind } from '../policy/policy.js';
import { head } from '../policy/policy-fields.js';
import type { RetentionPolicy } from '../policy/retention-policy.js';
import type { OtherPolicy } from './rivals-freed.js';
import { mayTakeMore } from './takes-more.js';
import { versionTexts } from './version-store.js';

/** One policy on its way to a new version. */
export interface Step {
  readonly policy: string;
  readonly kind: PolicyKind;
  /** Null: it is removed. */
  readonly after: Policy | null;
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
  readonly read: (version: PublishedVersion | null) => Policy | null;
  readonly inForce: (policy: string) => Policy | null;
  /** Of each policy what its last version that came into force says, also of removed ones and those the map cannot read. */
  readonly lastEntries: readonly PastEntry[];
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

/** What oversight asks of a version that came into force, whatever its kind: the rest of it need not fit this map, nor this Lethe. */
const pastEntry = z.looseObject({
  id: head.id,
  approval: head.approval,
  record: z.string().optional(),
  then: z.looseObject({ action: z.string() }).optional(),
  overrides: z.array(z.string()).optional(),
});
export type PastEntry = z.infer<typeof pastEntry> & { readonly kind: PolicyKind };

async function lastEntries(db: Queryable, standings: Published['standings']): Promise<readonly PastEntry[]> {
  const last = [...standings.values()].flatMap(({ kind, versions }) => {
    const ruled = versions.filter(
      ({ digest, state }) => digest !== null && 'since' in state && state.since !== null,
    );
    const digest = ruled.at(-1)?.digest ?? null;
    return digest === null ? [] : [{ kind, digest }];
  });
  const texts = await versionTexts(
    db,
    last.map(({ digest }) => digest),
  );
  return last.flatMap(({ kind, digest }) => {
    const parsed = pastEntry.safeParse(JSON.parse(texts.get(digest) ?? 'null'));
    return parsed.success ? [{ ...parsed.data, kind }] : [];
  });
}

/**
 * Who must agree to a version that may take more, or lets more happen: as many as it asks for, and as the policies do that it may
 * take from: the one it follows, also after a removal; those it overrides from now on; and, as a first version, all of its kind on
 * the same records, or a policy would be rid of its approvers under another id.
 */
export function oversightOf(
  { standings, lastEntries: entries }: Published,
  { policy, after }: Step,
): Oversight {
  const own = entries.filter(({ id }) => id === policy);
  const isFirst = !standings.get(policy)?.inForce;
  const others = after ? entries.filter((entry) => entry.id !== policy && isKin(entry, after)) : [];
  const gained = after?.kind === 'retention' ? after.overrides : [];
  const takesFrom = ({ id }: PastEntry): boolean =>
    isFirst || (gained.includes(id) && !own.some(({ overrides }) => overrides?.includes(id)));
  return strictestOversight([...own, ...others.filter(takesFrom), ...(after ? [after.entry] : [])]);
}

/** Of rules, both dispose of the same records; of others, both are about the same, as far as their kind names records. */
function isKin({ kind, record, then }: PastEntry, after: Policy): boolean {
  if (kind !== after.kind) return false;
  if (after.kind === 'retention' && (after.action !== 'delete' || then?.action !== 'delete')) return false;
  return record === ('record' in after.entry ? after.entry.record : undefined);
}

/** Why the step may take records that are kept now, or lets more happen; empty when it provably does not. */
export function reasonsOf(published: Published, step: Step, steps: readonly Step[]): readonly string[] {
  const { kind, after } = step;
  // what only permits permits less when it goes, whatever it says
  if (after === null && PERMITTING.includes(kind)) return [];
  const ruling = published.standings.get(step.policy)?.inForce ?? null;
  const before = published.inForce(step.policy);
  if (ruling && !before)
    return ['the data map cannot read the version in force, so the two cannot be compared'];
  const others = othersOf(published, step, steps);
  if (kind !== 'retention') return allowsMore(kind, { before, after, others });
  const rivals = others.map((other) => ({ ...other, policy: asRule(other.policy) }));
  return mayTakeMore({ before: asRule(before), after: asRule(after) }, rivals);
}

const PERMITTING: readonly PolicyKind[] = ['access', 'activity', 'organisation'];

const asRule = (policy: Policy | null): RetentionPolicy | null =>
  policy?.kind === 'retention' ? policy : null;

/** Every version of other policies of the kind that may rule while this one does. */
function othersOf(
  { standings, read }: Published,
  step: Step,
  steps: readonly Step[],
): readonly (Omit<OtherPolicy, 'policy'> & { readonly policy: Policy | null })[] {
  const kin = [...standings.values()].filter(({ kind }) => kind === step.kind);
  const known = kin.flatMap(({ policy: id, inForce, waiting }) => [
    ...(inForce ? [{ id, policy: read(inForce), isInForce: true }] : []),
    ...(waiting && waiting.digest !== null ? [{ id, policy: read(waiting), isInForce: false }] : []),
  ]);
  const coming = steps.flatMap(({ policy: id, after }) =>
    after?.kind === step.kind ? [{ id, policy: after, isInForce: false }] : [],
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
