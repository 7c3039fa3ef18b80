import { accessAllowsMore } from './access-allows-more.js';
import { activityDoesMore } from './activity-does-more.js';
import { consentAsksLess } from './consent-asks-less.js';
import { intakeTakesMore } from './intake-takes-more.js';
import { loosenedApproval } from './oversight.js';
import type { Policy, PolicyKind } from '../policy/policy.js';
import type { StepOf } from './step-of.js';

type Compare<Kind extends PolicyKind> = (step: StepOf<Kind>) => readonly string[];

/** The kinds that can be compared version by version; retention rules also depend on each other (takes-more.ts). */
export type ComparedKind = Exclude<PolicyKind, 'retention'>;

/** Why a version lets more happen than the one it follows, kind by kind: in words, empty only if provably nothing. */
const COMPARISONS: { readonly [Kind in ComparedKind]: Compare<Kind> } = {
  organisation: () => [],
  activity: activityDoesMore,
  access: accessAllowsMore,
  consent: consentAsksLess,
  intake: intakeTakesMore,
};

/** A step of any kind; all its policies are of the kind: an id never changes it. */
export interface AnyStep {
  readonly before: Policy | null;
  readonly after: Policy | null;
  readonly others: readonly { readonly id: string; readonly policy: Policy | null }[];
}

export function allowsMore(kind: ComparedKind, step: AnyStep): readonly string[] {
  const compare = COMPARISONS[kind] as (step: AnyStep) => readonly string[];
  const { before, after } = step;
  const approval = before && after ? loosenedApproval(before.entry, after.entry) : [];
  return [...compare(step), ...approval];
}
