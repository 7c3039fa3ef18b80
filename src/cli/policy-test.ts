import type { Command } from 'commander';
import { loadConfig, surroundings } from '../config.js';
import { describeProblems, LetheError, type Problem } from '../core/errors.js';
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
    .command('test [files...]')
    .description(
      'the policies against their tests: made-up records, an instant, and what must become of them',
    )
    .action((files: readonly string[], _options, command: Command) => test(command, files));
}

async function test(command: Command, named: readonly string[]): Promise<void> {
  const config = await loadConfig(surroundings(), globalOptions(command).config);
  const graph = await loadMap(config.map, config.parameters, config.folder);
  const out = outputOf(command);
  const problems: Problem[] = [];
  const policyFiles = await readPolicyFiles(config.policies, config.policiesShown, problems);
  const { policies } = checkPolicies(graph, policyFiles, problems);
  const ids = policyFiles
    .map(({ content }) => entriesOf(content)['id'])
    .filter((id) => typeof id === 'string');
  const files = await readTestFiles(config.policies, config.policiesShown, named, problems);
  const tests = readPolicyTests(graph, ids, files, problems);
  if (problems.length > 0 && out.isJson) out.result({ ok: false, problems }, []);
  if (problems.length > 0) throw new LetheError('policy_invalid', { problems: describeProblems(problems) });
  const report = await testPolicies(policies, tests);
  const ok = report.failures.length === 0;
  out.result({ ok, ...report }, [...report.failures.map(failureLine), ...summary(report)]);
  if (!ok) process.exitCode = 1;
}

const failureLine = ({ file, path, record, expected, got, why }: TestFailure): string =>
  `${[file, path, record].filter((part) => part !== '').join(': ')}: expected ${expected}, got ${got}: ${why}`;

function summary({ files, checked, failures, untested }: TestReport): readonly string[] {
  const outcome = failures.length === 0 ? 'all as expected' : counted(failures.length, 'failure');
  return [
    files === 0
      ? 'There are no tests (*.test.json beside the policies).'
      : `${counted(files, 'test file')}, ${counted(checked, 'outcome')}: ${outcome}.`,
    ...(untested.length > 0 ? [`No test has a record for: ${untested.join(', ')}`] : []),
  ];
}
