import type { Command } from 'commander';
import { LetheError, policyInvalid, type Problem } from '../core/errors.js';
import { parseJson } from '../datamap/json-file.js';
import type { HoldSummary } from '../disposal/hold-list.js';
import type { HoldScope } from '../disposal/hold-target.js';
import { counted } from './output.js';
import { withEngine } from './session.js';

interface PlaceOptions {
  readonly subject?: boolean;
  readonly where?: string;
  readonly ground: string;
  readonly authority: string;
  readonly review: string;
  readonly owner?: string;
  readonly reason?: string;
}

/** `lethe hold …` */
export function holdCommands(program: Command): void {
  const hold = program.command('hold').description('orders to keep: nothing they cover is disposed of');
  hold
    .command('place <scope>')
    .description(
      'on a record (ticket/77), a person (--subject customer/12) or records that meet a condition (ticket --where JSON)',
    )
    .requiredOption('--ground <word>', 'why: litigation, investigation, audit …')
    .requiredOption('--authority <name>', 'who ordered it')
    .requiredOption(
      '--review <date>',
      'when somebody must look again, such as 2027-01-31; nothing is lifted by the clock',
    )
    .option('--subject', 'the record is a person: everything that is theirs is held')
    .option('--where <json>', 'a condition as in policies; records that come to meet it later are held too')
    .option('--owner <name>', 'who answers for it (default: who places it)')
    .option('--reason <text>', 'in words')
    .action((scope: string, options: PlaceOptions, command: Command) => place(command, scope, options));
  hold
    .command('lift <hold>')
    .description('end a hold that somebody else placed')
    .requiredOption('--reason <text>', 'why it ends')
    .action((id: string, { reason }: { reason: string }, command: Command) => lift(command, id, reason));
  hold
    .command('list')
    .description('what is protected, by whom and until which review')
    .action((_options, command: Command) => list(command));
}

const place = (command: Command, scope: string, options: PlaceOptions): Promise<void> =>
  withEngine(command, async ({ engine, actor, out }) => {
    const { ground, authority, review, owner, reason } = options;
    const placed = await engine.holds.place(
      {
        scope: readScope(scope, options),
        ground,
        authority,
        reviewOn: review,
        ...(owner === undefined ? {} : { owner }),
        ...(reason === undefined ? {} : { reason }),
      },
      actor,
    );
    out.result(placed, [
      `Hold ${placed.id} is in force; it covers ${counted(placed.records, 'record')} now.`,
      ...placed.alreadyGone.map((line) => `Already gone: ${line}.`),
    ]);
  });

function readScope(scope: string, { subject, where }: PlaceOptions): HoldScope {
  if (where === undefined) return { kind: subject ? 'subject' : 'record', record: scope };
  const problems: Problem[] = [];
  const condition = parseJson(where, '--where', problems);
  if (problems.length > 0) throw policyInvalid(problems);
  if (subject)
    throw new LetheError('input_invalid', { what: '--subject', reason: 'does not go with --where' });
  return { kind: 'condition', record: scope, condition };
}

const lift = (command: Command, id: string, reason: string): Promise<void> =>
  withEngine(command, async ({ engine, actor, out }) => {
    out.result(await engine.holds.lift(id, reason, actor), [`Hold ${id} is lifted.`]);
  });

const list = (command: Command): Promise<void> =>
  withEngine(command, async ({ engine, out }) => {
    out.list(await engine.holds.list(), holdLine, 'Nothing is protected.');
  });

function holdLine({ id, kind, scope, ground, authority, reviewOn, overdueDays, owner }: HoldSummary): string {
  const review = reviewOn === null ? '' : `, review on ${reviewOn}`;
  const overdue = overdueDays > 0 ? `  ! review overdue by ${counted(overdueDays, 'day')}` : '';
  return `${id}  ${kind} on ${scope}  (${[ground, authority].filter(Boolean).join(', ')}${review}${owner === null ? '' : `, owner ${owner}`})${overdue}`;
}
