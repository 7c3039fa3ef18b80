import { isOwnTable } from '../datamap/graph.js';
import type { Policy } from '../policy/policy.js';

/** Is the policy about Lethe's own records alone? Such policies come with every map, before anybody writes one. */
export function isAboutOwnRecords(policy: Policy): boolean {
  if (policy.kind === 'retention' || policy.kind === 'access') return isOwnTable(policy.table);
  const records = policy.kind === 'activity' ? policy.entry.records : undefined;
  return records?.every((record) => record.startsWith('lethe-')) ?? false;
}
