import type { Assurance, Role } from '../core/actor.js';
import { LetheError } from '../core/errors.js';
import type { Instant } from '../core/instant.js';
import type { PolicyKind } from '../policy/policy.js';

/**
 * What a version is to the one in force: the first of an installation; one that provably takes no record more, permits, asks or
 * takes in nothing more; or one that may.
 */
export type Change = 'initial' | 'keeps' | 'takesMore';

/** One published version of a policy, as it was published; nothing of it ever changes but the approvals it gathers. */
export interface Publication {
  /** `version-k7m2q9x4wd` */
  readonly id: string;
  readonly policy: string;
  /** The same for every version of a policy. */
  readonly kind: PolicyKind;
  /** Of the stored text; null: with this version the policy is removed. */
  readonly digest: string | null;
  readonly publishedAt: Instant;
  /** Actor id. */
  readonly publishedBy: string;
  readonly change: Change;
  /** In words, why it may take, permit or ask for more. */
  readonly because: readonly string[];
  /** The end of the cooling time. */
  readonly notBefore: Instant;
  /** The installation's cooling time when it was published, as an ISO 8601 period; null: nobody said. */
  readonly cooling: string | null;
  /** Approvals it needs, and from whom. */
  readonly approvers: number;
  readonly assurance: Assurance;
  readonly role: Role | null;
  /** Those that count, oldest first. */
  readonly approvals: readonly { readonly actor: string; readonly at: Instant }[];
}

/** What has become of a version by now. */
export type VersionState =
  | { readonly is: 'inForce'; readonly since: Instant }
  /** It removes the policy, and has. */
  | { readonly is: 'removed'; readonly since: Instant }
  | { readonly is: 'waiting'; readonly until: Instant; readonly given: number; readonly needed: number }
  /** A newer one took its place; `since` is null for one that was still waiting then and never came into force. */
  | { readonly is: 'superseded'; readonly since: Instant | null };

export interface PublishedVersion extends Publication {
  readonly state: VersionState;
}

/** What is published of one policy, as it stands now. */
export interface PolicyStanding {
  readonly policy: string;
  readonly kind: PolicyKind;
  /** Oldest first. */
  readonly versions: readonly PublishedVersion[];
  /** The version that rules now; null before the first one, and once the policy is removed. */
  readonly inForce: PublishedVersion | null;
  /** The newest version, while it waits. An older one that waits never comes into force. */
  readonly waiting: PublishedVersion | null;
}

/** How every policy stands at `now`, in the order of their names. */
export function standings(
  publications: readonly Publication[],
  now: Instant,
): ReadonlyMap<string, PolicyStanding> {
  const byPolicy = new Map<string, [Publication, ...Publication[]]>();
  for (const one of publications) {
    const known = byPolicy.get(one.policy);
    if (known) known.push(one);
    else byPolicy.set(one.policy, [one]);
  }
  return new Map(
    [...byPolicy]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([policy, history]) => [policy, standing(policy, history, now)]),
  );
}

/** What was published and approved by an instant: what stood then asks nothing that came later. */
export const asOf = (publications: readonly Publication[], at: Instant): readonly Publication[] =>
  publications
    .filter(({ publishedAt }) => publishedAt <= at)
    .map((one) => ({ ...one, approvals: one.approvals.filter((approval) => approval.at <= at) }));

function standing(
  policy: string,
  history: readonly [Publication, ...Publication[]],
  now: Instant,
): PolicyStanding {
  const since = history.map((one, index) => cameIntoForce(one, history[index + 1], now));
  const ruling = since.findLastIndex((instant) => instant !== null);
  const versions = history.map((one, index) => ({
    ...one,
    state: stateOf(one, since[index] ?? null, {
      rules: index === ruling,
      isNewest: index === history.length - 1,
    }),
  }));
  const newest = versions.at(-1);
  return {
    policy,
    kind: history[0].kind,
    versions,
    inForce: versions.find(({ state }) => state.is === 'inForce') ?? null,
    waiting: newest?.state.is === 'waiting' ? newest : null,
  };
}

/** When the version came into force: once cooled and approved, unless a newer one was published before that. */
function cameIntoForce(one: Publication, next: Publication | undefined, now: Instant): Instant | null {
  const approved = one.approvers === 0 ? one.publishedAt : one.approvals[one.approvers - 1]?.at;
  if (approved === undefined) return null;
  const since = approved > one.notBefore ? approved : one.notBefore;
  return since > now || (next !== undefined && since > next.publishedAt) ? null : since;
}

function stateOf(
  one: Publication,
  since: Instant | null,
  { rules, isNewest }: { readonly rules: boolean; readonly isNewest: boolean },
): VersionState {
  if (rules && since !== null) return { is: one.digest === null ? 'removed' : 'inForce', since };
  if (!isNewest) return { is: 'superseded', since };
  return { is: 'waiting', until: one.notBefore, given: one.approvals.length, needed: one.approvers };
}

/** @throws LetheError `version_unknown` */
export function findVersion(known: ReadonlyMap<string, PolicyStanding>, version: string): PublishedVersion {
  for (const { versions } of known.values()) {
    const found = versions.find(({ id }) => id === version);
    if (found) return found;
  }
  throw new LetheError('version_unknown', { version });
}
