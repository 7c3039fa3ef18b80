import type { Problem } from '../core/errors.js';
import type { MapGraph } from '../datamap/graph.js';
import { readPolicyTest, type Expectation, type Moment, type PolicyTest } from './policy-test-file.js';
import { outcomeOf, reasonOf, type RecordOutcome } from './policy-test-outcome.js';
import type { PolicyFile } from './checked-entry.js';
import type { RetentionPolicy } from './retention-policy.js';
import { rulesOf, type RuleAnswer } from './rule-answer.js';

/** An expectation that the policies do not meet. */
export interface TestFailure {
  readonly file: string;
  /** Which instant of the file; empty where it has one alone, and for what concerns the whole file. */
  readonly path: string;
  readonly record: string;
  readonly expected: string;
  readonly got: string;
  readonly why: string;
}

export interface TestReport {
  readonly files: number;
  /** Records times instants. */
  readonly checked: number;
  readonly failures: readonly TestFailure[];
  /** Policies that no test matches a record with. */
  readonly untested: readonly string[];
}

/** Reads tests against the map and the ids of the policies; all findings of all files go to `problems`. */
export const readPolicyTests = (
  graph: MapGraph,
  ids: readonly string[],
  files: readonly PolicyFile[],
  problems: Problem[],
): readonly PolicyTest[] => files.flatMap((file) => readPolicyTest(graph, ids, file, problems) ?? []);

/**
 * Asks the policies what becomes of each test's records, in process and without a database: rules, due dates, conflicts,
 * overrides and duties to keep as a plan has them. Every record stands alone: what goes along with it, and what protects
 * it through another record, is a matter of data (see `lethe policy diff`).
 */
export async function testPolicies(
  policies: readonly RetentionPolicy[],
  tests: readonly PolicyTest[],
): Promise<TestReport> {
  const results = await Promise.all(tests.map((test) => runTest(policies, test)));
  const matched = new Set(results.flatMap((result) => [...result.matched]));
  return {
    files: tests.length,
    checked: results.reduce((sum, { checked }) => sum + checked, 0),
    failures: results.flatMap(({ failures }) => failures),
    untested: policies.map(({ id }) => id).filter((id) => !matched.has(id)),
  };
}

interface TestResult {
  readonly checked: number;
  readonly failures: readonly TestFailure[];
  /** Policies that matched some record at some instant. */
  readonly matched: ReadonlySet<string>;
}

async function runTest(all: readonly RetentionPolicy[], test: PolicyTest): Promise<TestResult> {
  const { file, policies: named, fixtures, moments } = test;
  const policies = named === null ? all : all.filter(({ id }) => named.includes(id));
  const matched = new Set<string>();
  const failures: TestFailure[] = [];
  for (const moment of moments)
    for (const [record, { table, facts }] of fixtures) {
      const answers = await rulesOf(policies, table, facts, moment.now);
      for (const { policy, matches } of answers) if (matches) matched.add(policy);
      const failure = compare(policies, moment, record, answers);
      if (failure) failures.push({ file, ...failure });
    }
  const silent = failures.length > 0 ? [] : vacuous(test, matched);
  return { checked: fixtures.size * moments.length, failures: [...failures, ...silent], matched };
}

function compare(
  policies: readonly RetentionPolicy[],
  { path, title, now, expect }: Moment,
  record: string,
  answers: readonly RuleAnswer[],
): Omit<TestFailure, 'file'> | null {
  const got = outcomeOf(policies, answers);
  const wanted = expect.get(record) ?? { outcome: 'keep' };
  if (isMet(wanted, got)) return null;
  return {
    path: title === null ? path : `${path} (${title})`,
    record,
    expected: wantedText(wanted),
    got: gotText(wanted, got),
    why: reasonOf(got, answers, now),
  };
}

const isMet = ({ outcome, by, due, protectedBy }: Expectation, got: RecordOutcome): boolean =>
  outcome === got.outcome &&
  (by === undefined || got.by.includes(by)) &&
  (due === undefined || due === got.due) &&
  (protectedBy === undefined || got.protectedBy.includes(protectedBy));

const wantedText = ({ outcome, by, due, protectedBy }: Expectation): string =>
  [
    outcome,
    ...(by === undefined ? [] : [`by ${by}`]),
    ...(due === undefined ? [] : [`due ${due}`]),
    ...(protectedBy === undefined ? [] : [`protected by ${protectedBy}`]),
  ].join(', ');

/** As much of the outcome as the expectation speaks of. */
function gotText(wanted: Expectation, got: RecordOutcome): string {
  const orNone = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(' and '));
  return [
    got.outcome,
    ...(wanted.by === undefined ? [] : [`by ${orNone(got.by)}`]),
    ...(wanted.due === undefined ? [] : [`due ${got.due ?? 'never'}`]),
    ...(wanted.protectedBy === undefined ? [] : [`protected by ${orNone(got.protectedBy)}`]),
  ].join(', ');
}

/** A test that could not fail: its policies, or one that it names, match none of its records. */
function vacuous({ file, policies }: PolicyTest, matched: ReadonlySet<string>): readonly TestFailure[] {
  const why = 'a test that no policy has a say in cannot fail; describe a record that it matches';
  const finding = (expected: string): TestFailure => ({
    ...{ file, path: '', record: '', expected, got: 'none', why },
  });
  if (policies === null) return matched.size === 0 ? [finding('a record that a policy matches')] : [];
  return policies.filter((id) => !matched.has(id)).map((id) => finding(`a record that ${id} matches`));
}
