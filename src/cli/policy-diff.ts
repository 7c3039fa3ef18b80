import { once } from 'node:events';
import type { Command } from 'commander';
import { shownInstant } from '../core/instant.js';
import type { RecordChange } from '../disposal/set-changes.js';
import { readDrafts } from '../publication/drafts.js';
import type {
  CountByMonth,
  KeptCount,
  OtherDifference,
  PolicyDiff,
  PolicyDifference,
  PublishingOutlook,
} from '../retention/diff-report.js';
import { count, counted } from './output.js';
import { withEngine } from './session.js';

interface DiffOptions {
  readonly asOf?: string;
  readonly remove?: readonly string[];
  readonly records?: boolean;
}

/** `lethe policy diff`: nothing is written. */
export function policyDiffCommand(policy: Command): void {
  policy
    .command('diff [ids...]')
    .description(
      'the policy files against the versions in force: what they say, and the records gained and lost',
    )
    .option('--remove <ids...>', 'policies that would be removed')
    .option('--as-of <instant>', 'the instant both are asked for (default: now)')
    .option('--records', 'every record that changes instead, one a line')
    .action((ids: readonly string[], options: DiffOptions, command: Command) => diff(command, ids, options));
}

const diff = (
  command: Command,
  policies: readonly string[],
  { asOf, remove = [], records = false }: DiffOptions,
): Promise<void> =>
  withEngine(command, async ({ config, engine, out }) => {
    const drafts = await readDrafts(config.policies, config.policiesShown);
    const onRecord = async (change: RecordChange): Promise<void> => {
      const line = out.isJson ? JSON.stringify(change) : recordLine(change);
      if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
    };
    const made = await engine.policies.diff({
      ...{ drafts, policies, remove },
      ...(asOf === undefined ? {} : { asOf }),
      ...(records ? { onRecord } : {}),
    });
    if (!records) out.result(made, diffLines(made));
  });

const recordLine = ({ record, change, policy, by }: RecordChange): string =>
  `${change.padEnd(9)} ${record}  ${policy}${by === undefined ? '' : `  kept by ${by}`}`;

/** What changes, policy by policy, in words. */
export function diffLines({ asOf, policies, others }: PolicyDiff): readonly string[] {
  if (policies.length + others.length === 0) return ['The policy files say what is in force.'];
  return [
    ...policies.flatMap(policyLines),
    ...others.flatMap(otherLines),
    ...(policies.length === 0
      ? []
      : [`As of ${shownInstant(asOf)}; records that would go along with these are not counted.`]),
  ];
}

const otherLines = ({ policy, kind, change, keys, publishing }: OtherDifference): readonly string[] => [
  `${policy} (${kind}): ${CHANGES[change]}`,
  ...keyLines(keys),
  ...publishingLines(publishing, 'permits'),
];

const keyLines = (keys: PolicyDifference['keys']): readonly string[] =>
  keys.map(({ path, from, to }) => `  ${path}: ${valueText(from)} → ${valueText(to)}`);

const CHANGES: Readonly<Record<PolicyDifference['change'], string>> = {
  added: 'new',
  removed: 'removed',
  changed: 'changed',
  same: 'unchanged, but takes other records',
};

function policyLines(difference: PolicyDifference): readonly string[] {
  const { policy, change, keys, record, gained, lost, notTaken, protects, releases } = difference;
  const counts = [
    ...countLines('gains', record, gained),
    ...countLines('loses', record, lost),
    ...lost.kept.map((kept) => `    of these ${count(kept.records)} ${keeperText(kept)}`),
    ...notTaken.map(
      (kept) => `  reaches ${count(kept.records)} more that are not taken: ${keeperText(kept)}`,
    ),
    ...countLines('begins to protect', record, protects),
    ...countLines('ceases to protect', record, releases),
  ];
  return [
    `${policy}: ${CHANGES[change]}`,
    ...keyLines(keys),
    ...(counts.length > 0 ? counts : ['  no record is treated otherwise']),
    ...publishingLines(difference.publishing, 'takes'),
  ];
}

function countLines(verb: string, record: string, { records, months }: CountByMonth): readonly string[] {
  if (records === 0) return [];
  return [
    `  ${verb} ${counted(records, `${record} record`)}, by month of the start event:`,
    ...yearLines(months),
  ];
}

/** `    2023: 50 (03: 20, 04: 30)` */
function yearLines(months: CountByMonth['months']): readonly string[] {
  const years = new Map<string, [month: string, records: number][]>();
  for (const [month, records] of Object.entries(months)) {
    const [year = '', part = ''] = month.split('-');
    years.set(year, [...(years.get(year) ?? []), [part, records]]);
  }
  return [...years].map(([year, parts]) => {
    const sum = parts.reduce((total, [, records]) => total + records, 0);
    if (year === '') return `    no start event yet: ${count(sum)}`;
    return `    ${year}: ${count(sum)} (${parts.map(([month, records]) => `${month}: ${count(records)}`).join(', ')})`;
  });
}

function keeperText({ by, kind, ground }: KeptCount): string {
  if (kind === 'conflict') return `in conflict with ${by} (one must name the other in "overrides")`;
  if (kind === 'overridden') return `left to ${by}, which overrides it`;
  return `kept by ${kind} ${by} (${ground})`;
}

function publishingLines(publishing: PublishingOutlook | null, verb: 'takes' | 'permits'): readonly string[] {
  if (!publishing) return [];
  const { waits, because, published } = publishing;
  if (published !== null) return [`  published as ${published}, which waits`];
  if (!waits) return [`  publishing: in force at once, it ${verb} nothing more`];
  return [
    '  publishing: waits for the cooling time and for approval, because',
    ...because.map((line) => `    ${line}`),
  ];
}

const valueText = (value: unknown): string => (value === undefined ? '(nothing)' : JSON.stringify(value));
