import type { Instant } from '../core/instant.js';
import type { MapGraph } from '../datamap/graph.js';
import type { OrganisationPolicy } from '../policy/organisation-policy.js';
import type { PoliciesByKind, Policy } from '../policy/policy.js';
import type { Needs } from './needs.js';

/** What a report is made from: the policies in force at an instant, and the map of where data is. */
export interface Source {
  readonly policies: PoliciesByKind;
  readonly graph: MapGraph;
  readonly asOf: Instant;
}

/** A text that a report rests on; its digest names the very version. */
export interface RestsOn {
  readonly kind: Policy['kind'];
  readonly id: string;
  readonly digest: string;
}

/** Policies by kind and id, each once: what a report says it rests on. */
export function restingOn(policies: readonly Policy[]): readonly RestsOn[] {
  return [...new Set(policies)]
    .map(({ kind, id, digest }) => ({ kind, id, digest }))
    .toSorted((a, b) => compare(a.kind, b.kind) || compare(a.id, b.id));
}

/** By UTF-16 code units: the same order everywhere. */
export const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** The one controller of the installation; what is wrong is reported, and the result is null then. */
export function controllerOf({ policies }: Source, needs: Needs, article: string): OrganisationPolicy | null {
  const [first, second] = policies.organisation;
  if (first && !second) return first;
  needs.report({
    policy: second?.id ?? 'organisation',
    field: second ? 'kind' : '',
    article,
    message: second
      ? `two organisations are in force, "${first?.id ?? ''}" and this one; an installation has one controller`
      : 'no policy of this kind is in force; it says who the controller is',
  });
  return null;
}
