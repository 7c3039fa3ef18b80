import { Option, type Command } from 'commander';
import { loadConfig, surroundings } from '../config.js';
import { policyInvalid, type Problem } from '../core/errors.js';
import { loadMap } from '../datamap/load.js';
import { policyTestJsonSchema } from '../policy/policy-test-schema.js';
import { policyJsonSchema } from '../policy/json-schema.js';
import { POLICY_KINDS, type PolicyKind } from '../policy/policy.js';
import { checkPolicies, readPolicyFiles } from '../policy/policy-set.js';
import { misfitNotes, purposeProblems } from './draft-misfits.js';
import { compareDrafts, DRAFT_NOTES, withoutFileLine } from './draft-notes.js';
import { counted } from './output.js';
import { policyLine } from './policy-line.js';
import { policyDiffCommand } from './policy-diff.js';
import { policyTestCommand } from './policy-test.js';
import { publishCommands } from './publish.js';
import { globalOptions, outputOf } from './session.js';

/** `lethe policy …`: files are drafts; what is published rules. */
export function policyCommands(program: Command): void {
  const policy = program
    .command('policy')
    .description('policy files are drafts: check, test and compare them, then publish');
  policy
    .command('check')
    .description('every finding in every policy file, with file and path')
    .action((_options, command: Command) => check(command));
  policy
    .command('schema')
    .description('the JSON Schema an editor completes policies from')
    .addOption(
      new Option('--kind <kind>', 'of which kind of policy').choices(POLICY_KINDS).default('retention'),
    )
    .option('--tests', 'the one for policy tests (*.test.json)')
    .action((options: SchemaOptions, command: Command) => schema(command, options));
  policyTestCommand(policy);
  publishCommands(policy);
  policyDiffCommand(policy);
}

async function check(command: Command): Promise<void> {
  const config = await loadConfig(surroundings(), globalOptions(command).config);
  const graph = await loadMap(config.map, config.parameters, config.folder);
  const problems: Problem[] = [];
  const files = await readPolicyFiles(config.policies, config.policiesShown, problems);
  const set = checkPolicies(graph, files, problems);
  const out = outputOf(command);
  // an activity that cannot be read is no reason to miss its purposes
  if (problems.length === 0) problems.push(...purposeProblems(set, files));
  if (problems.length > 0) throw policyInvalid(problems);
  const { all: policies } = set;
  const notes = misfitNotes(graph, set);
  const compared = await compareDrafts(config, graph, policies);
  const { states, withoutFile } = 'reason' in compared ? { states: null, withoutFile: [] } : compared;
  const document = policies.map(({ id, kind, digest }) => ({
    id,
    kind,
    digest,
    draft: states?.get(id) ?? null,
  }));
  out.result({ ok: true, policies: document, withoutFile, notes }, [
    ...policies.map((policy) => `${policyLine(policy)}${DRAFT_NOTES[states?.get(policy.id) ?? 'inForce']}`),
    `${counted(files.length, 'policy file')} checked against the data map "${graph.id}": no findings.`,
    ...notes,
    ...withoutFile.map(withoutFileLine),
    ...('reason' in compared ? [`Not compared with what is in force: ${compared.reason}.`] : []),
  ]);
}

interface SchemaOptions {
  readonly kind: PolicyKind;
  readonly tests?: boolean;
}

async function schema(command: Command, { kind, tests }: SchemaOptions): Promise<void> {
  const config = await loadConfig(surroundings(), globalOptions(command).config);
  const graph = await loadMap(config.map, config.parameters, config.folder);
  const shown = tests ? policyTestJsonSchema(graph) : policyJsonSchema(graph, kind);
  process.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
}
