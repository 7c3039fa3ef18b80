import type { Instant } from '../core/instant.js';
import type { ChangeCount, SetChange, SetComparison } from '../disposal/set-changes.js';
import type { Policy, PolicyKind } from '../policy/policy.js';
import type { RetentionPolicy } from '../policy/retention-policy.js';
import { keyChanges, type KeyChange } from './diff-keys.js';

/** How many records, by month (`2023-04`) of the start event; an empty month: it has not happened. */
export interface CountByMonth {
  readonly records: number;
  readonly months: Readonly<Record<string, number>>;
}

/** Records that a protection, or another disposal rule, keeps. */
export interface KeptCount {
  /** A protection's id, or a policy's. */
  readonly by: string;
  /** `hold`, `floor`, …; of a disposal rule `conflict` or `overridden`. */
  readonly kind: string;
  readonly ground: string;
  readonly records: number;
}

/** What publishing the draft would mean. */
export interface PublishingOutlook {
  /** Whether it would wait for the end of the cooling time and for approvals; else it is in force at once. */
  readonly waits: boolean;
  readonly because: readonly string[];
  /** The version with the same text that is published already, and waits. */
  readonly published: string | null;
}

/** One policy, as it is in force and as the draft has it. */
export interface PolicyDifference {
  readonly policy: string;
  readonly title: string;
  readonly record: string;
  readonly action: 'delete' | 'keep';
  /** `same`: it is no other, but takes other records, because another policy is. */
  readonly change: 'added' | 'removed' | 'changed' | 'same';
  readonly keys: readonly KeyChange[];
  /** Records that it takes and no rule in force does. */
  readonly gained: CountByMonth;
  /** Records that it takes in force and no draft does; of these, `kept` by something that stops them from now on. */
  readonly lost: CountByMonth & { readonly kept: readonly KeptCount[] };
  /** Records it newly reaches and does not take: protected, or in conflict with another rule. */
  readonly notTaken: readonly KeptCount[];
  /** Of a duty to keep: records it begins and ceases to protect. */
  readonly protects: CountByMonth;
  readonly releases: CountByMonth;
  /** Null where there is nothing to publish. */
  readonly publishing: PublishingOutlook | null;
}

export interface PolicyDiff {
  readonly asOf: Instant;
  /** In the order of their ids; policies that stay and take the same are left out. */
  readonly policies: readonly PolicyDifference[];
  /** Policies of the other kinds, which take no records. */
  readonly others: readonly OtherDifference[];
}

/** One policy of a kind that takes no records, as it is in force and as the draft has it. */
export interface OtherDifference {
  readonly policy: string;
  readonly kind: Exclude<PolicyKind, 'retention'>;
  readonly title: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly keys: readonly KeyChange[];
  /** Null where there is nothing to publish. */
  readonly publishing: PublishingOutlook | null;
}

/** A policy as it is in force and as it would be; null: it is not there. */
interface Pair {
  readonly before: RetentionPolicy | null;
  readonly after: RetentionPolicy | null;
}

/** What the comparison says of one policy; null where there is nothing to say. */
export function differenceOf(
  { before, after }: Pair,
  comparison: SetComparison,
  policies: readonly RetentionPolicy[],
  publishing: PublishingOutlook | null,
): PolicyDifference | null {
  const shown = after ?? before;
  if (!shown) return null;
  const counts = comparison.counts.filter(({ policy }) => policy === shown.id);
  const change = changeOf(before, after);
  if (change === 'same' && counts.length === 0) return null;
  const kept = (...changes: readonly SetChange[]): readonly KeptCount[] =>
    keptCounts(of(counts, ...changes), comparison, policies);
  return {
    policy: shown.id,
    title: shown.entry.title,
    record: shown.entry.record,
    action: shown.action,
    change,
    keys: before && after ? keyChanges(JSON.parse(before.text), JSON.parse(after.text)) : [],
    gained: byMonth(of(counts, 'gained')),
    lost: { ...byMonth(of(counts, 'lost')), kept: kept('kept') },
    notTaken: kept('protected', 'conflict'),
    protects: byMonth(of(counts, 'protects')),
    releases: byMonth(of(counts, 'releases')),
    publishing,
  };
}

/** Of a policy of another kind; null for a retention policy, and where the draft says what is in force. */
export function otherDifferenceOf(
  { before, after }: { readonly before: Policy | null; readonly after: Policy | null },
  publishing: PublishingOutlook | null,
): OtherDifference | null {
  const shown = after ?? before;
  const change = changeOf(before, after);
  if (!shown || shown.kind === 'retention' || change === 'same') return null;
  const keys = before && after ? keyChanges(JSON.parse(before.text), JSON.parse(after.text)) : [];
  return { policy: shown.id, kind: shown.kind, title: shown.entry.title, change, keys, publishing };
}

function changeOf(before: Policy | null, after: Policy | null): PolicyDifference['change'] {
  if (!before) return 'added';
  if (!after) return 'removed';
  return before.digest === after.digest ? 'same' : 'changed';
}

const of = (counts: readonly ChangeCount[], ...changes: readonly SetChange[]): readonly ChangeCount[] =>
  counts.filter(({ change }) => changes.includes(change));

function byMonth(counts: readonly ChangeCount[]): CountByMonth {
  const months = new Map<string, number>();
  for (const { month, records } of counts) months.set(month, (months.get(month) ?? 0) + records);
  return { records: total(counts), months: Object.fromEntries([...months].sort()) };
}

const total = (counts: readonly ChangeCount[]): number =>
  counts.reduce((sum, { records }) => sum + records, 0);

function keptCounts(
  counts: readonly ChangeCount[],
  { protections }: SetComparison,
  policies: readonly RetentionPolicy[],
): readonly KeptCount[] {
  const sums = new Map<string, KeptCount>();
  for (const { outcome, cause, records } of counts) {
    const key = `${outcome} ${cause}`;
    const known = sums.get(key) ?? { ...keeperOf(outcome, cause, protections, policies), records: 0 };
    sums.set(key, { ...known, records: known.records + records });
  }
  return [...sums.values()];
}

function keeperOf(
  outcome: string,
  cause: string,
  protections: SetComparison['protections'],
  policies: readonly RetentionPolicy[],
): Omit<KeptCount, 'records'> {
  if (outcome !== 'protected') return { by: cause, kind: outcome, ground: '' };
  const protection = protections.find(({ id }) => id === cause);
  if (protection) return { by: cause, kind: protection.kind, ground: protection.ground };
  return { by: cause, kind: 'floor', ground: policies.find(({ id }) => id === cause)?.entry.ground ?? '' };
}
