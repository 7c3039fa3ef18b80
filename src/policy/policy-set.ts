import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LetheError, policyInvalid, type Problem } from '../core/errors.js';
import { didYouMean } from '../core/did-you-mean.js';
import { systemReason } from '../core/system-reason.js';
import { readJsonFile } from '../datamap/json-file.js';
import type { MapGraph } from '../datamap/graph.js';
import { entriesOf, isObject } from './json-object.js';
import { reportOverrides } from './overrides.js';
import type { PolicyFile } from './checked-entry.js';
import { byKind, isKind, POLICY_KINDS, READERS, type PoliciesByKind, type Policy } from './policy.js';

/** The policies of a folder, checked together: drafts. */
export interface PolicySet extends PoliciesByKind {
  /** Of every kind, in the order of their files. */
  readonly all: readonly Policy[];
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
    throw new LetheError('file_unreadable', { path: shownAs, reason: systemReason(error) });
  }
}

/** Checks policy files against the map and against each other; all findings go to `problems`. */
export function checkPolicies(graph: MapGraph, files: readonly PolicyFile[], problems: Problem[]): PolicySet {
  const all = readPolicies(graph, files, problems);
  reportOverrides(files, problems);
  return { all, ...byKind(all) };
}

/** The same without what one file says of another in `overrides`: that may be about policies that are published already. */
export function readPolicies(
  graph: MapGraph,
  files: readonly PolicyFile[],
  problems: Problem[],
): readonly Policy[] {
  const policies = files.flatMap((file) => readPolicy(graph, file, problems) ?? []);
  reportDuplicates(files, problems);
  return policies;
}

/** Reads a policy of the kind it says it is; retention, where it says none. Findings go to `problems`; null: there was one. */
export function readPolicy(graph: MapGraph, file: PolicyFile, problems: Problem[]): Policy | null {
  const refuse = (path: string, message: string): null => {
    problems.push({ file: file.path, path, message });
    return null;
  };
  if (!isObject(file.content)) return refuse('', 'must be one policy: {"kind": "retention", …}');
  const { kind = 'retention' } = file.content;
  if (typeof kind !== 'string') return refuse('kind', `must be one of ${POLICY_KINDS.join(', ')}`);
  if (isKind(kind)) return READERS[kind](graph, file, problems);
  return refuse('kind', `unknown kind of policy "${kind}"${didYouMean(kind, POLICY_KINDS)}`);
}

function reportDuplicates(files: readonly PolicyFile[], problems: Problem[]): void {
  const seen = new Map<string, string>();
  for (const { path, content } of files) {
    const { id } = entriesOf(content);
    if (typeof id !== 'string') continue;
    const other = seen.get(id);
    if (other !== undefined)
      problems.push({ file: path, path: 'id', message: `"${id}" is the id of ${other} already` });
    seen.set(id, path);
  }
}

/**
 * Loads the policies of a folder.
 * @throws LetheError `policy_invalid` with every finding of every file
 */
export async function loadPolicies(graph: MapGraph, folder: string, shownAs: string): Promise<PolicySet> {
  const problems: Problem[] = [];
  const set = checkPolicies(graph, await readPolicyFiles(folder, shownAs, problems), problems);
  if (problems.length > 0) throw policyInvalid(problems);
  return set;
}
