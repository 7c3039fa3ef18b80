import type { Command } from 'commander';
import { counted } from './output.js';
import { withRescue } from './session.js';

/** `lethe replay` and `lethe vault adopt`: after a restore. */
export function rescueCommands(program: Command): void {
  program
    .command('replay')
    .description('after a restore: do again what the database has forgotten and its vault has not')
    .action((_options, command: Command) => replay(command));
  program
    .command('vault')
    .description('the second store: keys, the journal of privacy acts, the last seal')
    .command('adopt')
    .description('go on with the vault that is there, in place of one that is lost; the ledger says so')
    .action((_options, command: Command) => adopt(command));
}

const replay = (command: Command): Promise<void> =>
  withRescue(command, async ({ rescue, actor, out }) => {
    const done = await rescue.replay(actor);
    const { acts, records, kept, holdsPlaced, holdsLifted, uncertain } = done;
    out.result(done, [
      acts === 0
        ? 'Nothing is missing.'
        : `${counted(acts, 'act')} done again: ${counted(records, 'record')} deleted, ${counted(holdsPlaced, 'hold')} placed, ${counted(holdsLifted, 'hold')} lifted.`,
      ...(kept > 0
        ? [`! ${counted(kept, 'record')} came back and a protection keeps them; \`lethe hold list\``]
        : []),
      ...(uncertain.length > 0
        ? [
            `! of ${counted(uncertain.length, 'act')} nobody knows whether it committed: ${uncertain.join(', ')}`,
          ]
        : []),
    ]);
  });

const adopt = (command: Command): Promise<void> =>
  withRescue(command, async ({ rescue, actor, out }) => {
    const adopted = await rescue.adopt(actor);
    out.result({ id: adopted.vault, ...adopted }, [
      `This database belongs to vault ${adopted.vault} now${adopted.instead === null ? '' : `, in place of ${adopted.instead}`}.`,
      ...(adopted.block > 0
        ? [`Blocks up to ${adopted.block} are vouched for by no vault any more; keep your exports of them.`]
        : []),
    ]);
  });
