import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describeProblems, LetheError, type Problem } from '../core/errors.js';
import { readJsonFile } from '../datamap/json-file.js';
import type { MapGraph } from '../datamap/graph.js';
import { readRetentionPolicy, type PolicyFile, type RetentionPolicy } from './retention-policy.js';

/** The retention policies in force, checked together. */
export interface PolicySet {
  readonly policies: readonly RetentionPolicy[];
}

/** Reads the policy files of a folder (not `*.test.json`); syntax findings go to `problems`. */
export async function readPolicyFiles(
  folder: string,
  shownAs: string,
  problems: Problem[],
): Promise<readonly PolicyFile[]> {
  const names = await policyNames(folder, shownAs);
  const files: PolicyFile[] = [];
  for (const name of names) {
    const path = `${shownAs}/${name}`;
    const content = await readJsonFile(join(folder, name), path, problems);
    if (content !== undefined) files.push({ path, content });
  }
  return files;
}

async function policyNames(folder: string, shownAs: string): Promise<readonly string[]> {
  try {
    const names = await readdir(folder);
    return names.filter((name) => name.endsWith('.json') && !/\.(test|schema)\.json$/.test(name)).sort();
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw new LetheError('file_unreadable', { path: shownAs, reason });
  }
}

/** Checks policy files against the map and against each other; all findings go to `problems`. */
export function checkPolicies(graph: MapGraph, files: readonly PolicyFile[], problems: Problem[]): PolicySet {
  const read = files.flatMap((file) => {
    const policy = readPolicyFile(graph, file, problems);
    return policy ? [{ file, policy }] : [];
  });
  reportDuplicates(files, problems);
  const policies = read.map(({ policy }) => policy);
  for (const { file, policy } of read) reportOverrides(file.path, policy, policies, problems);
  return { policies };
}

function readPolicyFile(graph: MapGraph, file: PolicyFile, problems: Problem[]): RetentionPolicy | null {
  const kind = (file.content as { kind?: unknown } | null)?.kind;
  if (kind === 'retention') return readRetentionPolicy(graph, file, problems);
  const message =
    kind === undefined ? 'is missing' : `unknown kind of policy "${String(kind)}" (known: retention)`;
  problems.push({ file: file.path, path: 'kind', message });
  return null;
}

function reportDuplicates(files: readonly PolicyFile[], problems: Problem[]): void {
  const seen = new Map<string, string>();
  for (const { path, content } of files) {
    const id = (content as { id?: unknown } | null)?.id;
    if (typeof id !== 'string') continue;
    const other = seen.get(id);
    if (other !== undefined)
      problems.push({ file: path, path: 'id', message: `"${id}" is the id of ${other} already` });
    seen.set(id, path);
  }
}

function reportOverrides(
  file: string,
  policy: RetentionPolicy,
  policies: readonly RetentionPolicy[],
  problems: Problem[],
): void {
  for (const [index, id] of policy.overrides.entries()) {
    const other = policies.find((candidate) => candidate.id === id);
    const message = overrideProblem(policy, id, other);
    if (message !== null) problems.push({ file, path: `overrides[${index}]`, message });
  }
}

function overrideProblem(
  policy: RetentionPolicy,
  id: string,
  other: RetentionPolicy | undefined,
): string | null {
  if (id === policy.id) return 'a rule cannot override itself';
  if (!other) return `no policy "${id}"`;
  if (other.action === 'keep') return `"${id}" is a duty to keep; nothing overrides it`;
  if (other.table !== policy.table) return `"${id}" is about another record`;
  if (other.overrides.includes(policy.id))
    return `"${id}" overrides this rule as well; one of the two must give way`;
  return null;
}

/**
 * Loads the policies of a folder.
 * @throws LetheError `policy_invalid` with every finding of every file
 */
export async function loadPolicies(graph: MapGraph, folder: string, shownAs: string): Promise<PolicySet> {
  const problems: Problem[] = [];
  const set = checkPolicies(graph, await readPolicyFiles(folder, shownAs, problems), problems);
  if (problems.length > 0) throw new LetheError('policy_invalid', { problems: describeProblems(problems) });
  return set;
}
