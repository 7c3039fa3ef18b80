import type { Command } from 'commander';
import type { AttributedAccess, LoggedAccess } from '../access/access-log-reading.js';
import type { AgreementOrder } from '../access/agreement.js';
import type { AccessVerification } from '../access/access-roots-verify.js';
import type { BrokenGlass } from '../access/break-glass.js';
import { CASE_KINDS, type CaseKind } from '../access/case-store.js';
import type { CaseSummary } from '../access/cases.js';
import { LetheError } from '../core/errors.js';
import { shownInstant } from '../core/instant.js';
import { counted } from './output.js';
import { withEngine } from './session.js';

/** `lethe access …` */
export function accessCommands(program: Command): void {
  const access = program
    .command('access')
    .description(
      'the access log: what may be recorded, who may look into it, and what was done in an emergency',
    );
  agreementCommands(access);
  logCommands(access);
  caseCommands(access);
  glassCommands(access);
  access
    .command('release <record>')
    .description('show a record again that was redacted by mistake')
    .action((record: string, _options, command: Command) =>
      withEngine(command, async ({ engine, actor, out }) => {
        out.result(await engine.access.release(record, actor), [
          `${record} is shown again to whom the policies let.`,
        ]);
      }),
    );
  trainingCommands(access);
}

function agreementCommands(access: Command): void {
  access
    .command('agree')
    .description("record what lets employees' reading be recorded; until then it is not")
    .option('--agreement <id>', 'the agreement with the works council')
    .option('--no-works-council <reason>', 'there is none, and why')
    .option('--withdraw', 'what was agreed holds no more')
    .action((options: AgreeOptions, command: Command) => agree(command, options));
}

interface AgreeOptions {
  readonly agreement?: string;
  /** commander: true where it is not given */
  readonly worksCouncil?: string | true;
  readonly withdraw?: true;
}

const agree = (command: Command, options: AgreeOptions): Promise<void> =>
  withEngine(command, async ({ engine, actor, out }) => {
    if (options.withdraw) {
      const { id } = await engine.access.withdrawAgreement(actor);
      out.result({ id }, [`Agreement ${id} has ended; what employees look at is not recorded any more.`]);
      return;
    }
    const { id } = await engine.access.agree(orderOf(options), actor);
    out.result({ id }, [`Agreement ${id} is in force; what employees look at is recorded from now on.`]);
  });

function orderOf({ agreement, worksCouncil }: AgreeOptions): AgreementOrder {
  const reason = typeof worksCouncil === 'string' ? worksCouncil : undefined;
  if (agreement !== undefined && reason === undefined) return { agreement };
  if (agreement === undefined && reason !== undefined) return { noWorksCouncil: reason };
  throw new LetheError('input_invalid', {
    what: 'agree',
    reason: 'give --agreement ID, or --no-works-council REASON',
  });
}

interface LogOptions {
  readonly case?: string;
  readonly from?: string;
  readonly to?: string;
}

function logCommands(access: Command): void {
  access
    .command('log [record]')
    .description(
      'what was done with a record (ticket/77), without who it was; of an open case (--case), with',
    )
    .option('--case <case>', 'an open case that two people stand for')
    .option('--from <instant>', 'such as 2027-01-31')
    .option('--to <instant>', 'up to then')
    .action((record: string | undefined, options: LogOptions, command: Command) =>
      log(command, record, options),
    );
  access
    .command('seal')
    .description('put what the log says into the ledger now')
    .action((_options, command: Command) => seal(command));
  access
    .command('verify')
    .description('compare the log with what the ledger says of it')
    .action((_options, command: Command) => verify(command));
}

const log = (command: Command, record: string | undefined, options: LogOptions): Promise<void> =>
  withEngine(command, async ({ engine, actor, out }) => {
    const { case: ofCase, ...span } = options;
    if ((record === undefined) === (ofCase === undefined))
      throw new LetheError('input_invalid', { what: 'log', reason: 'name a record, or a case with --case' });
    const { entries, more } =
      ofCase === undefined
        ? await engine.access.log({ record: record ?? '', ...span }, actor)
        : await engine.access.log({ case: ofCase, ...span }, actor);
    out.list<LoggedAccess | AttributedAccess>(entries, logLine, 'Nothing is on record.');
    const last = entries.at(-1);
    if (more && last) out.say(`There is more: go on with --from ${last.at}`);
  });

const logLine = (entry: LoggedAccess | AttributedAccess): string =>
  [
    shownInstant(entry.at),
    ...('actor' in entry ? [entry.actor] : []),
    `${entry.deed} ${entry.record}`,
    entry.purpose ?? '-',
    entry.decision,
    ...(entry.reason === null ? [] : [entry.reason]),
  ].join('  ');

const seal = (command: Command): Promise<void> =>
  withEngine(command, async ({ engine, out }) => {
    const sealed = await engine.access.seal();
    out.result(sealed, [
      `${counted(sealed.entries, 'entry', 'entries')} under ${counted(sealed.roots, 'root')}.`,
    ]);
  });

const verify = (command: Command): Promise<void> =>
  withEngine(command, async ({ engine, out }) => {
    const found = await engine.access.verify();
    out.result(found, verdictLines(found));
    if (!found.ok) process.exitCode = 1;
  });

function verdictLines({ faults, missing, ...found }: AccessVerification): readonly string[] {
  return [
    ...faults.map(({ root, fault, from, to }) =>
      fault === 'altered'
        ? `! root ${root} (${shownInstant(from)} to ${shownInstant(to)}): a row does not say what it said`
        : `! root ${root} (${shownInstant(from)} to ${shownInstant(to)}): which rows it is over is lost`,
    ),
    ...(missing > 0 ? [`! ${counted(missing, 'row')} gone, and no disposal says so`] : []),
    `${counted(found.proven, 'row')} as they were when they came under a root (${counted(found.roots, 'root')}).`,
    `${found.waiting} under none yet, ${found.disposed} disposed of, ${found.unproven} left of roots that lost rows.`,
  ];
}

interface CaseOptions {
  readonly kind: CaseKind;
  readonly reason: string;
  readonly record?: string;
  readonly actor?: string;
  readonly from?: string;
  readonly to?: string;
  readonly days?: string;
}

function caseCommands(access: Command): void {
  access
    .command('case')
    .description('open a case: two people, a reason, one record or one actor, one period')
    .requiredOption('--kind <kind>', CASE_KINDS.join(', '))
    .requiredOption('--reason <text>', 'why somebody must know who it was')
    .option('--record <record>', 'such as ticket/77')
    .option('--actor <actor>', 'such as agent/7')
    .option('--from <instant>', 'of the log (default: 30 days ago)')
    .option('--to <instant>', 'of the log (default: the end of the case; of an actor: now)')
    .option('--days <n>', 'until it ends by itself (default: 30)')
    .action((options: CaseOptions, command: Command) => openOne(command, options));
  access
    .command('confirm <case>')
    .description('the second person')
    .action((id: string, _options, command: Command) =>
      withEngine(command, async ({ engine, actor, out }) => {
        out.result(await engine.access.confirmCase(id, actor), [
          `Case ${id} is open: \`lethe access log --case ${id}\`.`,
        ]);
      }),
    );
  access
    .command('close <case>')
    .description('end a case')
    .action((id: string, _options, command: Command) =>
      withEngine(command, async ({ engine, actor, out }) => {
        out.result(await engine.access.closeCase(id, actor), [`Case ${id} is closed.`]);
      }),
    );
  access
    .command('cases')
    .description('every case, and how it stands')
    .action((_options, command: Command) =>
      withEngine(command, async ({ engine, actor, out }) => {
        out.list(await engine.access.cases(actor), caseLine, 'There are no cases.');
      }),
    );
}

const openOne = (command: Command, { days, ...options }: CaseOptions): Promise<void> =>
  withEngine(command, async ({ engine, actor, out }) => {
    const { id } = await engine.access.openCase(
      { ...options, ...(days === undefined ? {} : { days: Number(days) }) },
      actor,
    );
    out.result({ id }, [`Case ${id} waits for a second person: \`lethe access confirm ${id}\`.`]);
  });

const caseLine = ({ id, kind, state, about, endsAt }: CaseSummary): string =>
  [id, kind, state, ...(about === null ? [] : [about]), `until ${shownInstant(endsAt)}`].join('  ');

function glassCommands(access: Command): void {
  access
    .command('glass')
    .description('what was broken and waits for its review')
    .action((_options, command: Command) =>
      withEngine(command, async ({ engine, actor, out }) => {
        out.list(await engine.access.glass(actor), glassLine, 'Nothing waits for its review.');
      }),
    );
  access
    .command('review <glass>')
    .description('say what was found; one that is still good ends by it')
    .requiredOption('--finding <text>', 'in words')
    .action((id: string, { finding }: { finding: string }, command: Command) =>
      withEngine(command, async ({ engine, actor, out }) => {
        out.result(await engine.access.reviewBreakGlass(id, finding, actor), [`${id} is reviewed.`]);
      }),
    );
}

const glassLine = ({ id, record, purpose, reason, grantedAt, until, accesses }: BrokenGlass): string =>
  `${id}  ${record}  ${purpose}  ${shownInstant(grantedAt)} to ${shownInstant(until)}  ${counted(accesses, 'access', 'accesses')}: ${reason}`;

interface TrainOptions {
  readonly actor: string;
  readonly content: string;
  readonly contentVersion: string;
  readonly on: string;
  readonly expires: string;
}

function trainingCommands(access: Command): void {
  access
    .command('train')
    .description('record that somebody had a training that access policies ask for')
    .requiredOption('--actor <actor>', 'such as agent/7')
    .requiredOption('--content <name>', 'as the policies name it')
    .requiredOption('--content-version <version>', 'which version of it')
    .requiredOption('--on <date>', 'the day it was done')
    .requiredOption('--expires <date>', 'the day from which it holds no more')
    .action(({ contentVersion: version, ...done }: TrainOptions, command: Command) =>
      withEngine(command, async ({ engine, actor, out }) => {
        const { id } = await engine.access.train({ ...done, version }, actor);
        out.result({ id }, [`Training ${id} is recorded.`]);
      }),
    );
  access
    .command('untrain <training>')
    .description('a training that was recorded by mistake')
    .action((id: string, _options, command: Command) =>
      withEngine(command, async ({ engine, actor, out }) => {
        out.result(await engine.access.revokeTraining(id, actor), [`Training ${id} counts no more.`]);
      }),
    );
}
