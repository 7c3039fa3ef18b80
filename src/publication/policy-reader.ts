import type { Instant } from '../core/instant.js';
import type { Queryable } from '../db/database.js';
import type { MapGraph } from '../datamap/graph.js';
import type { PoliciesByKind } from '../policy/policy.js';
import { readPolicies, rulingAt } from './policies-in-force.js';
import type { Publication } from './publication.js';
import { listPublications, publicationStamp } from './publication-store.js';

/** The policies of every kind in force at an instant, as a connection or a transaction sees them. */
export type PolicyReader = (on: Queryable, at: Instant) => Promise<PoliciesByKind>;

/**
 * Reads the policies of one database for call after call: each asks whether anything was published or approved since, in one
 * statement, and reads it again only then. What another process has committed thus holds in the next call of this one; while
 * nothing changes, calls get the same object.
 */
export function policyReader(graph: MapGraph): PolicyReader {
  let known: Known | null = null;
  return async (on, at) => {
    const stamp = await publicationStamp(on);
    const isKnown = known?.stamp === stamp;
    if (known && isKnown && at >= known.from && at < known.until) return known.policies;
    const publications = known && isKnown ? known.publications : await listPublications(on);
    const policies = await readPolicies(on, graph, rulingAt(publications, at));
    known = { stamp, publications, policies, ...stretchAround(publications, at) };
    return policies;
  };
}

interface Known extends Stretch {
  readonly stamp: string;
  readonly publications: readonly Publication[];
  readonly policies: PoliciesByKind;
}

/** From an instant until before another one nothing comes into force by the clock. */
interface Stretch {
  readonly from: string;
  readonly until: string;
}

function stretchAround(publications: readonly Publication[], at: Instant): Stretch {
  const moments = publications.flatMap(({ publishedAt, notBefore, approvals }) => [
    publishedAt,
    notBefore,
    ...approvals.map((approval) => approval.at),
  ]);
  const from = moments.filter((moment) => moment <= at).reduce<string>((a, b) => (b > a ? b : a), '');
  const until = moments.filter((moment) => moment > at).reduce<string>((a, b) => (b < a ? b : a), END);
  return { from, until };
}

/** After every instant as text. */
const END = '\uffff';
