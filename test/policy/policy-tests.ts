import { describeProblems, type Problem } from '../../src/core/errors.js';
import type { MapGraph } from '../../src/datamap/graph.js';
import { loadMap } from '../../src/datamap/load.js';
import { checkPolicies } from '../../src/policy/policy-set.js';
import { readPolicyTests, testPolicies, type TestReport } from '../../src/policy/policy-test.js';
import type { PolicyFile } from '../../src/policy/checked-entry.js';
import { nativeMap, type Draft } from './draft.js';

/** A shipped data map. */
export const mapNamed = (name: string): Promise<MapGraph> =>
  name !== 'request-tracker-5' ? nativeMap() : loadMap(name, { organization: 'example.org' }, '.');

/** Policy files and test files, as read. */
export interface Read {
  readonly policies: readonly PolicyFile[];
  readonly tests: readonly PolicyFile[];
}

/** Runs tests against policies; throws with the findings where there are any. */
export async function run(graph: MapGraph, { policies: files, tests: testFiles }: Read): Promise<TestReport> {
  const problems: Problem[] = [];
  const { retention: policies } = checkPolicies(graph, files, problems);
  const ids = policies.map(({ id }) => id);
  const tests = readPolicyTests(graph, ids, testFiles, problems);
  if (problems.length > 0) throw new Error(describeProblems(problems));
  return testPolicies(policies, tests);
}

/** Facts of a ticket that "Resolved tickets: three years" takes from NOW on. */
export const CLOSED = { status: 'resolved', closedAt: '2023-05-01T10:00:00Z' };
export const NOW = '2026-05-01T10:00:00Z';

/** A test with nothing wrong, and the changes a test makes. */
export const test = (changes: Draft = {}): Draft => ({
  ...{ kind: 'policy-test', title: 'Resolved tickets go', now: NOW },
  fixtures: { 'ticket/paid': CLOSED },
  expect: { 'ticket/paid': 'delete' },
  ...changes,
});

/** The files as they would be read. */
export const files = (...contents: readonly Draft[]): readonly PolicyFile[] =>
  contents.map((content) => ({
    path: `policies/${typeof content['id'] === 'string' ? content['id'] : 'a.test'}.json`,
    content,
  }));
