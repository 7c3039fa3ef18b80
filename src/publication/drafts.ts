import { policyInvalid, type Problem } from '../core/errors.js';
import type { MapGraph } from '../datamap/graph.js';
import { entriesOf } from '../policy/json-object.js';
import { readPolicies, readPolicyFiles } from '../policy/policy-set.js';
import type { PolicyFile } from '../policy/checked-entry.js';
import type { Policy } from '../policy/policy.js';

/** The policy files as they are now: what somebody may publish, and what could not even be parsed. */
export interface Drafts {
  readonly files: readonly PolicyFile[];
  readonly problems: readonly Problem[];
}

/** Reads the policy files of a folder. Throws `file_unreadable` when there is no such folder. */
export async function readDrafts(folder: string, shownAs: string): Promise<Drafts> {
  const problems: Problem[] = [];
  const files = await readPolicyFiles(folder, shownAs, problems);
  return { files, problems };
}

export interface ChosenDraft {
  readonly file: PolicyFile;
  readonly policy: Policy;
}

/**
 * The drafts with these ids, checked on their own; without ids all of them. What is wrong with the files of other policies
 * stops nobody who names the ones to publish.
 * @throws LetheError `policy_invalid` with every finding
 */
export function chooseDrafts(
  graph: MapGraph,
  { files, problems: unparsed }: Drafts,
  ids: readonly string[],
): readonly ChosenDraft[] {
  const wanted = ids.length === 0 ? files : files.filter(({ content }) => ids.includes(idOf(content)));
  const isAnyMissing = ids.some((id) => !wanted.some(({ content }) => idOf(content) === id));
  // a file that cannot be parsed may be the one that is named
  const problems = ids.length === 0 || isAnyMissing ? [...unparsed] : [];
  const policies = readPolicies(graph, wanted, problems);
  if (problems.length > 0) throw policyInvalid(problems);
  return policies.map((policy, index) => ({ policy, file: wanted[index] as PolicyFile }));
}

/** The id a file gives itself; empty when it gives none. */
export function idOf(content: unknown): string {
  const { id } = entriesOf(content);
  return typeof id === 'string' ? id : '';
}
