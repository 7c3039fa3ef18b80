import type { Command } from 'commander';
import { loadConfig, surroundings } from '../config.js';
import { describeProblems, LetheError, type Problem } from '../core/errors.js';
import { loadMap } from '../datamap/load.js';
import { checkPolicies, readPolicyFiles } from '../policy/policy-set.js';
import type { RetentionPolicy } from '../policy/retention-policy.js';
import { retentionJsonSchema } from '../policy/retention-schema.js';
import { counted } from './output.js';
import { globalOptions, outputOf } from './session.js';

/** `lethe policy …`: what needs no database. */
export function policyCommands(program: Command): void {
  const policy = program
    .command('policy')
    .description('policy files: checked against the data map and each other');
  policy
    .command('check')
    .description('every finding in every policy file, with file and path')
    .action((_options, command: Command) => check(command));
  policy
    .command('schema')
    .description('the JSON Schema an editor completes policies from')
    .action((_options, command: Command) => schema(command));
}

async function check(command: Command): Promise<void> {
  const config = await loadConfig(surroundings(), globalOptions(command).config);
  const graph = await loadMap(config.map, config.parameters, config.folder);
  const problems: Problem[] = [];
  const files = await readPolicyFiles(config.policies, config.policiesShown, problems);
  const { policies } = checkPolicies(graph, files, problems);
  const out = outputOf(command);
  if (problems.length > 0 && out.isJson) out.result({ ok: false, problems }, []);
  if (problems.length > 0) throw new LetheError('policy_invalid', { problems: describeProblems(problems) });
  out.result({ ok: true, policies: policies.map(({ id, digest }) => ({ id, digest })) }, [
    ...policies.map(policyLine),
    `${counted(files.length, 'policy file')} checked against the data map "${graph.id}": no findings.`,
  ]);
}

function policyLine({ id, entry, table, action }: RetentionPolicy): string {
  const note = entry.schedule
    ? '  (its schedule is not run by this version: run it by hand, or `lethe worker --once` from cron)'
    : '';
  return `${id}  ${action} ${table.concept ?? table.id} ${entry.keep.for} from ${entry.keep.from}${note}`;
}

async function schema(command: Command): Promise<void> {
  const config = await loadConfig(surroundings(), globalOptions(command).config);
  const graph = await loadMap(config.map, config.parameters, config.folder);
  process.stdout.write(`${JSON.stringify(retentionJsonSchema(graph), null, 2)}\n`);
}
