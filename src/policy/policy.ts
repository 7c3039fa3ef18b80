import type { Problem } from '../core/errors.js';
import type { MapGraph } from '../datamap/graph.js';
import { readAccessPolicy, type AccessPolicy } from './access-policy.js';
import { readActivityPolicy, type ActivityPolicy } from './activity-policy.js';
import type { PolicyFile } from './checked-entry.js';
import { readConsentPolicy, type ConsentPolicy } from './consent-policy.js';
import { readIntakePolicy, type IntakePolicy } from './intake-policy.js';
import { readOrganisationPolicy, type OrganisationPolicy } from './organisation-policy.js';
import { readRetentionPolicy, type RetentionPolicy } from './retention-policy.js';

export type Policy =
  RetentionPolicy | OrganisationPolicy | ActivityPolicy | AccessPolicy | ConsentPolicy | IntakePolicy;
export type PolicyKind = Policy['kind'];
export type PolicyOf<Kind extends PolicyKind> = Extract<Policy, { readonly kind: Kind }>;

type Read<Kind extends PolicyKind> = (
  graph: MapGraph,
  file: PolicyFile,
  problems: Problem[],
) => PolicyOf<Kind> | null;

/** How a file of each kind is read. */
export const READERS = {
  retention: readRetentionPolicy,
  organisation: (_, file, problems) => readOrganisationPolicy(file, problems),
  activity: readActivityPolicy,
  access: readAccessPolicy,
  consent: (_, file, problems) => readConsentPolicy(file, problems),
  intake: readIntakePolicy,
} as const satisfies { readonly [Kind in PolicyKind]: Read<Kind> };

export const POLICY_KINDS = Object.keys(READERS) as readonly PolicyKind[];

export const isKind = (name: string): name is PolicyKind => Object.hasOwn(READERS, name);

/** Policies of every kind that hold together: those in force at one instant, or the drafts of a folder. */
export type PoliciesByKind = { readonly [Kind in PolicyKind]: readonly PolicyOf<Kind>[] };

export function byKind(policies: readonly Policy[]): PoliciesByKind {
  const of = <Kind extends PolicyKind>(kind: Kind) =>
    policies.filter((policy): policy is PolicyOf<Kind> => policy.kind === kind);
  return {
    retention: of('retention'),
    organisation: of('organisation'),
    activity: of('activity'),
    access: of('access'),
    consent: of('consent'),
    intake: of('intake'),
  };
}
