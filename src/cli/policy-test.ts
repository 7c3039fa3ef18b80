import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Command } from 'commander';
import { loadConfig, surroundings } from '../config.js';
import { policyInvalid, type Problem } from '../core/errors.js';
import { loadMap } from '../datamap/load.js';
import { entriesOf } from '../policy/json-object.js';
import { readTestFiles } from '../policy/policy-test-file.js';
import { readPolicyTests, testPolicies, type TestFailure, type TestReport } from '../policy/policy-test.js';
import { checkPolicies, readPolicyFiles } from '../policy/policy-set.js';
import { counted } from './output.js';
import { globalOptions, outputOf } from './session.js';

/** `lethe policy test`: needs no database. */
export function policyTestCommand(policy: Command): void {
  policy
    .command('test [tests...]')
    .description(
      'the policies against their tests: made-up records, an instant, and what must become of them; all of them, or by file or by the name before .test.json',
    )
    .action((files: readonly string[], _options, command: Command) => test(command, files));
}

async function test(command: Command, named: readonly string[]): Promise<void> {
  const config = await loadConfig(surroundings(), globalOptions(command).config);
  const graph = await loadMap(config.map, config.parameters, config.folder);
  const out = outputOf(command);
  const problems: Problem[] = [];
  const policyFiles = await readPolicyFiles(config.policies, config.policiesShown, problems);
  const { retention: policies } = checkPolicies(graph, policyFiles, problems);
  const ids = policyFiles
    .map(({ content }) => entriesOf(content)['id'])
    .filter((id) => typeof id === 'string');
  const chosen = named.map((name) => testPath(config.policies, name));
  const files = await readTestFiles(config.policies, config.policiesShown, chosen, problems);
  const tests = readPolicyTests(graph, ids, files, problems);
  if (problems.length > 0) throw policyInvalid(problems);
  const report = await testPolicies(policies, tests);
  const ok = report.failures.length === 0;
  out.result({ ok, ...report }, [
    ...report.failures.map(failureLine),
    ...summary(report, named.length === 0),
  ]);
  if (!ok) process.exitCode = 1;
}

/** `resolved-tickets` is short for `policies/resolved-tickets.test.json`. */
function testPath(folder: string, name: string): string {
  const beside = join(folder, `${name}.test.json`);
  return !existsSync(name) && existsSync(beside) ? relative('', beside) : name;
}

const failureLine = ({ file, path, record, expected, got, why }: TestFailure): string =>
  `${[file, path, record].filter((part) => part !== '').join(': ')}: expected ${expected}, got ${got}: ${why}`;

function summary({ files, checked, failures, untested }: TestReport, areAll: boolean): readonly string[] {
  const outcome = failures.length === 0 ? 'all as expected' : counted(failures.length, 'failure');
  return [
    files === 0
      ? 'There are no tests (*.test.json beside the policies).'
      : `${counted(files, 'test file')}, ${counted(checked, 'outcome')}: ${outcome}.`,
    ...(areAll && untested.length > 0 ? [`No test has a record for: ${untested.join(', ')}`] : []),
  ];
}
