import type { Command } from 'commander';
import type { KeysCompared } from '../rescue.js';
import { counted } from './output.js';
import { withEngine, withRescue } from './session.js';

/** `lethe replay`, `lethe vault prune` and `lethe vault adopt`: before and after a restore. */
export function rescueCommands(program: Command): void {
  program
    .command('replay')
    .description('after a restore: do again what the database has forgotten and its vault has not')
    .action((_options, command: Command) => replay(command));
  const vault = program
    .command('vault')
    .description('the second store: keys, the journal of privacy acts, the last seal');
  vault
    .command('prune')
    .description('forget the acts that no backup can undo any more (backups.keptFor in lethe.json)')
    .action((_options, command: Command) => prune(command));
  vault
    .command('adopt')
    .description('go on with the vault that is there, in place of one that is lost; the ledger says so')
    .action((_options, command: Command) => adopt(command));
}

const replay = (command: Command): Promise<void> =>
  withRescue(command, async ({ rescue, actor, out }) => {
    const done = await rescue.replay(actor);
    const {
      acts,
      records,
      kept,
      holdsPlaced,
      holdsLifted,
      versionsPublished,
      plansWithdrawn,
      consentsWithdrawn,
      tokensRevoked,
      correctionsLost,
      quarantinesPlaced,
      quarantinesReleased,
      flagsSet,
      flagsLifted,
      uncertain,
    } = done;
    out.result(done, [
      acts === 0
        ? 'Nothing is missing.'
        : `${counted(acts, 'act')} done again: ${counted(records, 'record')} deleted, ${counted(holdsPlaced, 'hold')} placed, ${counted(holdsLifted, 'hold')} lifted, ${counted(versionsPublished, 'policy version')} published, ${counted(plansWithdrawn, 'plan')} withdrawn, ${counted(consentsWithdrawn, 'consent')} withdrawn, ${counted(tokensRevoked, 'token')} revoked.`,
      ...(acts === 0
        ? []
        : [
            '  Approvals given since the backup are lost: plans and versions that had them wait for approval again (`lethe status`).',
          ]),
      ...(quarantinesPlaced + quarantinesReleased + flagsSet + flagsLifted > 0
        ? [
            `  ${counted(quarantinesPlaced, 'record')} hidden from everybody again, ${counted(quarantinesReleased, 'record')} released; ${counted(flagsSet, 'record')} flagged sensitive again, ${counted(flagsLifted, 'flag')} lifted.`,
          ]
        : []),
      ...(kept > 0
        ? [`! ${counted(kept, 'record')} came back and a protection keeps them; \`lethe hold list\``]
        : []),
      ...(correctionsLost > 0
        ? [
            `! ${counted(correctionsLost, 'correction')} of personal data must be made again: the backup has the values from before, and no journal holds the new ones. Each is listed as a task`,
          ]
        : []),
      ...(uncertain.length > 0
        ? [
            `! of ${counted(uncertain.length, 'act')} nobody knows whether it committed: ${uncertain.join(', ')}`,
          ]
        : []),
      ...keysLines(done),
    ]);
  });

function keysLines({ unclaimed, missing, indexed, isIndexLost }: KeysCompared): readonly string[] {
  const gone = unclaimed === null ? 0 : unclaimed.subject + unclaimed.ticket;
  return [
    ...(gone > 0
      ? [
          `${counted(gone, 'key')} that this database does not name are destroyed: what they encrypted after the backup is gone.`,
        ]
      : []),
    ...(missing > 0
      ? [
          `! ${counted(missing, 'key')} that this database names are not in the vault: what they encrypted cannot be read. A newer backup of the vault may have them (docs/keys.md)`,
        ]
      : []),
    ...(indexed === null ? [] : [`${counted(indexed, 'person', 'people')} indexed anew.`]),
    ...(isIndexLost ? ['! People are not found by what they wrote until `lethe keys rotate index`'] : []),
  ];
}

const prune = (command: Command): Promise<void> =>
  withEngine(command, async ({ engine, out }) => {
    const done = await engine.ledger.pruneJournal();
    const { acts, block, looked } = done;
    out.result(done, [
      looked
        ? `The journal has forgotten ${counted(acts, 'act')}.`
        : 'Somebody is in the middle of an act; nothing is forgotten now, try again.',
      ...(block > 0
        ? [`A backup that does not reach block ${block} cannot be made whole any more, and stays closed.`]
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
      ...keysLines(adopted),
    ]);
  });
