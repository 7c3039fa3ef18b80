import { once } from 'node:events';
import type { Command } from 'commander';
import { shownInstant } from '../core/instant.js';
import type { PartitionTold } from '../disposal/partition-queue.js';
import type { PlanReport } from '../disposal/plan-report.js';
import type { PlanRow } from '../disposal/plan-store.js';
import { trouble, type PlanStatus } from '../retention/status.js';
import type { RuleAnswer } from '../policy/rule-answer.js';
import type { Why } from '../retention/why.js';
import { brakesOfPerson } from '../jobs/brakes.js';
import { certificateCommand } from './certificate.js';
import { draftWarnings } from './draft-notes.js';
import { count, counted } from './output.js';
import { progressBar } from './progress.js';
import { withEngine } from './session.js';
import { withdrawCommand } from './withdraw.js';

/** `lethe retention …` */
export function retentionCommands(program: Command): void {
  const retention = program
    .command('retention')
    .description('what retention policies take, and why records are kept');
  retention
    .command('plan <policy>')
    .description('work out what a policy would take; nothing else is written')
    .option('--as-of <instant>', 'the instant the policy is asked for (default: now)')
    .action((policy: string, { asOf }: { asOf?: string }, command: Command) => plan(command, policy, asOf));
  retention
    .command('show <plan>')
    .description('the records of a plan, one JSON document a line')
    .action((id: string, _options, command: Command) => show(command, id));
  retention
    .command('approve <plan>')
    .description('approve a plan that somebody else made')
    .action((id: string, _options, command: Command) => approve(command, id));
  retention
    .command('apply <plan>')
    .description('delete what an approved plan lists, or go on with an interrupted run')
    .action((id: string, _options, command: Command) => apply(command, id));
  withdrawCommand(retention);
  certificateCommand(retention);
  retention
    .command('status')
    .description('the plans and how far each has come')
    .action((_options, command: Command) => status(command));
  retention
    .command('why <record>')
    .description('why a record is still here, such as ticket/77')
    .action((record: string, _options, command: Command) => why(command, record));
}

const plan = (command: Command, policy: string, asOf?: string): Promise<void> =>
  withEngine(command, async ({ config, engine, actor, out }) => {
    const made = await engine.retention.plan(policy, actor, asOf);
    const warnings = await draftWarnings(engine, config, policy);
    out.result({ ...planDocument(made), warnings }, [...planLines(made), ...warnings]);
  });

/** The plan as a document: the id first. */
export function planDocument(plan: PlanRow): object {
  const { id, policy, record, digest, item_digest, map_digest, policy_digests, as_of, cutoff, items, state } =
    plan;
  return {
    id,
    policy,
    record,
    state,
    asOf: as_of,
    cutoff,
    items: Number(items),
    ...plan.report,
    digests: { plan: digest, items: item_digest, map: map_digest, policies: policy_digests },
    approvals: {
      needed: plan.approvers,
      assurance: plan.assurance,
      role: plan.role,
      validFor: plan.valid_for,
    },
  };
}

/** The plan as people read it before they approve. */
export function planLines(plan: PlanRow): readonly string[] {
  const { report, items, record } = plan;
  return [
    `Plan ${plan.id}: ${plan.policy} as of ${shownInstant(plan.as_of)}`,
    `  takes ${counted(items, `${record} record`)} with a start event up to ${shownInstant(plan.cutoff)}`,
    ...(report.oldest === null
      ? []
      : [`  oldest ${shownInstant(report.oldest)}, newest ${shownInstant(report.newest ?? '')}`]),
    ...rowLines(report),
    ...partitionLines(report),
    ...monthLines(report),
    ...keptLines(report),
    `  digest ${plan.digest}`,
    nextLine(plan),
  ];
}

/** Who does what next. */
function nextLine({ id, approvers, role, items }: PlanRow): string {
  if (Number(items) === 0)
    return `There is nothing to take, so there is nothing to do; \`lethe retention withdraw ${id}\` clears it away`;
  if (approvers === 0) return `Next: \`lethe retention apply ${id}\`; it needs no approval of its own`;
  const who = approvers === 1 ? 'another person' : `${approvers} other people`;
  const having = role === null ? '' : ` with the role ${role}`;
  return `Next: ${who}${having} ${approvers === 1 ? 'runs' : 'run'} \`lethe retention approve ${id}\``;
}

function rowLines({ tables }: PlanReport): readonly string[] {
  const rows = Object.entries(tables).filter(([, number]) => number > 0);
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  return rows.length === 0
    ? []
    : ['  rows that go:', ...rows.map(([name, number]) => `    ${name.padEnd(width)}  ${count(number)}`)];
}

function partitionLines({ partitions = [] }: PlanReport): readonly string[] {
  if (partitions.length === 0) return [];
  const records = partitions.reduce((sum, part) => sum + part.records, 0);
  const names = partitions.map(({ partition }) => partition).join(', ');
  return [
    `  of these ${count(records)} in ${counted(partitions.length, 'whole partition')}, to be dropped: ${names}`,
  ];
}

function monthLines({ months }: PlanReport): readonly string[] {
  const years = new Map<string, number>();
  for (const [month, number] of Object.entries(months)) {
    const year = month.slice(0, 4);
    years.set(year, (years.get(year) ?? 0) + number);
  }
  if (years.size === 0) return [];
  return [
    `  by year of the start event: ${[...years].map(([year, number]) => `${year}: ${count(number)}`).join(', ')}`,
  ];
}

function keptLines({ protected: kept, conflicts, overridden }: PlanReport): readonly string[] {
  return [
    ...kept.map(({ by, kind, ground, records }) => `  kept by ${kind} ${by} (${ground}): ${count(records)}`),
    ...conflicts.map(
      ({ rule, records }) =>
        `  in conflict with ${rule}, not taken: ${count(records)} (one must name the other in "overrides")`,
    ),
    ...overridden.map(
      ({ rule, records }) => `  left to ${rule}, which overrides this rule: ${count(records)}`,
    ),
  ];
}

const show = (command: Command, id: string): Promise<void> =>
  withEngine(command, async ({ engine }) => {
    for await (const item of engine.retention.items(id))
      if (!process.stdout.write(`${JSON.stringify(item)}\n`)) await once(process.stdout, 'drain');
  });

const approve = (command: Command, id: string): Promise<void> =>
  withEngine(command, async ({ engine, actor, out }) => {
    await engine.retention.approve(id, actor);
    const status = (await engine.retention.status()).find((plan) => plan.id === id);
    const { given = 1, needed = 1, until = null } = status?.approvals ?? {};
    const good = until === null ? '' : `; its run can start until ${shownInstant(until)}`;
    out.result({ id, approvals: { given, needed, until } }, [
      `Plan ${id} has ${given} of ${needed} approvals${good}.`,
      given >= needed
        ? `Next: \`lethe retention apply ${id}\`; a running \`lethe worker\` does it by itself`
        : `Next: ${counted(needed - given, 'more person', 'more people')} must approve it`,
    ]);
  });

const apply = (command: Command, id: string): Promise<void> =>
  withEngine(command, async ({ engine, actor, config, out }) => {
    const bar = progressBar(out.isJson);
    const told: PartitionTold[] = [];
    const stop = new AbortController();
    const interrupt = (): void => {
      stop.abort();
    };
    process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
    try {
      // whoever applies by hand may do so by day, but spares the host like a worker
      const brake = brakesOfPerson(engine.db, engine.clock, config.worker);
      const partition = (one: PartitionTold): void => void told.push(one);
      const watch = { progress: bar.update, signal: stop.signal, partition, ...(brake && { brake }) };
      await engine.retention.apply(id, actor, watch);
    } finally {
      bar.stop();
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    }
    const status = (await engine.retention.status()).find((plan) => plan.id === id);
    const next = engine.hasVault ? [`Next: \`lethe retention certificate ${id} --out certificate.pdf\``] : [];
    out.result(status, status ? [appliedLine(status), ...told.flatMap(toldLines), ...next] : []);
  });

/** What became of a partition; one that was only put off is told of again. */
const toldLines = ({ partition, outcome }: PartitionTold): readonly string[] => {
  if (outcome.kind === 'dropped')
    return [`  partition ${partition} dropped: ${counted(outcome.records, 'record')}`];
  return outcome.kind === 'rows' ? [`  partition ${partition} taken row by row: ${outcome.why}`] : [];
};

const appliedLine = ({ id, items, deleted }: PlanStatus): string =>
  `Plan ${id} is done: ${counted(deleted, 'record')} of ${count(items)} deleted${
    deleted < items ? `; \`lethe retention show ${id}\` says why the others were kept` : ''
  }.`;

const status = (command: Command): Promise<void> =>
  withEngine(command, async ({ engine, out }) => {
    out.list(
      await engine.retention.status(),
      statusLine,
      'There are no plans. Make one: lethe retention plan <policy>',
    );
  });

/** One line a plan, with what is wrong with it. */
export function statusLine(status: PlanStatus): string {
  const { id, policy, state, items, deleted, approvals } = status;
  const wrong = trouble(status);
  const until = approvals.until === null ? '' : ` until ${shownInstant(approvals.until)}`;
  const approved = `${approvals.given}/${approvals.needed} approvals${until}`;
  return `${id}  ${policy}  ${state}  ${count(deleted)} of ${count(items)} deleted  ${approved}${wrong === null ? '' : `  ! ${wrong}`}`;
}

const why = (command: Command, record: string): Promise<void> =>
  withEngine(command, async ({ engine, out }) => {
    const answer = await engine.retention.why(record);
    out.result(answer, whyLines(answer));
  });

/** Why a record is here, in words. */
export function whyLines({ record, verdict, rules, protections, goesWith }: Why): readonly string[] {
  return [
    `${record}: ${verdict}`,
    ...protections.map(
      ({ id, kind, ground, authority, reviewOn, ends }) =>
        `  ${kind} ${id} (${[ground, authority].filter(Boolean).join(', ')})${reviewOn === null ? '' : `, review on ${reviewOn}`}; it ends when ${ends}`,
    ),
    ...rules.flatMap(ruleLines),
    ...goesWith.flatMap(({ record: owner, rules: others }) => [
      `  goes along with ${owner}:`,
      ...others.flatMap(ruleLines),
    ]),
  ];
}

function ruleLines({ policy, action, matches, unmet, due, isDue }: RuleAnswer): readonly string[] {
  const does = action === 'keep' ? 'duty to keep' : 'disposal rule';
  if (!matches)
    return [`  ${does} ${policy}: does not match`, ...unmet.map((condition) => `    ${condition}`)];
  const until =
    due === null
      ? 'its start event has not happened'
      : isDue
        ? `ended ${shownInstant(due)}`
        : `runs until ${shownInstant(due)}`;
  return [`  ${does} ${policy}: matches, ${until}`];
}
