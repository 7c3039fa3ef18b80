import type { Command } from 'commander';
import type { Withdrawn } from '../retention/withdraw.js';
import { count, counted } from './output.js';
import { withEngine } from './session.js';

/** `lethe retention withdraw <plan>` */
export function withdrawCommand(retention: Command): void {
  retention
    .command('withdraw <plan>')
    .description('withdraw a plan that is not to be applied, or not any further')
    .option('--reason <text>', 'why, for people; kept beside the plan and in no ledger entry')
    .action((id: string, { reason }: { reason?: string }, command: Command) => withdraw(command, id, reason));
}

const withdraw = (command: Command, id: string, reason?: string): Promise<void> =>
  withEngine(command, async ({ engine, actor, out }) => {
    const withdrawn = await engine.retention.withdraw(id, actor, reason);
    out.result(withdrawn, withdrawnLines(withdrawn));
  });

/** What is left as it is, in words. */
export function withdrawnLines({ id, deleted, items, unswept }: Withdrawn): readonly string[] {
  return [
    `Plan ${id} is withdrawn: nobody can approve or apply it any more.`,
    ...(deleted === 0
      ? []
      : [
          `  Its run ends where it is: ${counted(deleted, 'record')} of ${count(items)} ${deleted === 1 ? 'is' : 'are'} deleted and stay${deleted === 1 ? 's' : ''} so, the others are left alone. There is no certificate for it; the ledger has its batches.`,
        ]),
    ...(unswept === 0
      ? []
      : [
          `  Rows that came late to deleted records are in use or protected, in ${counted(unswept, 'part')} of the plan; run this again to have them swept.`,
        ]),
  ];
}
