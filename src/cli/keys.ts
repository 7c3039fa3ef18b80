import type { Command } from 'commander';
import { shownInstant } from '../core/instant.js';
import type { KeyStatus } from '../ledger/keys.js';
import { counted } from './output.js';
import { withEngine } from './session.js';

const STATES: Readonly<Record<KeyStatus['state'], string>> = {
  signing: 'signs',
  former: 'former',
  adopted: 'adopted: of a lost vault, vouched for by nobody',
  unknown: '! unknown to the vault; run `lethe ledger verify`',
};

/** `lethe keys …` */
export function keysCommands(program: Command): void {
  const keys = program.command('keys').description('the keys that sign the ledger; they stay in the vault');
  keys
    .command('status')
    .description('fingerprints, since when, what each signed, and where the vault is')
    .action((_options, command: Command) => status(command));
  keys
    .command('rotate')
    .description('a new signing key from the next block on; the ledger says so')
    .action((_options, command: Command) => rotate(command));
}

const status = (command: Command): Promise<void> =>
  withEngine(command, async ({ engine, out }) => {
    const found = await engine.keys.status();
    out.result({ id: found.vault, ...found }, [
      `Vault ${found.vault ?? 'without a name yet'} in ${found.place}`,
      ...found.keys.map(keyLine),
      'Note the fingerprints elsewhere: `lethe ledger verify FILE --key FINGERPRINT` then trusts no other key.',
    ]);
  });

function keyLine({ fingerprint, state, since, blocks }: KeyStatus): string {
  const signed =
    blocks === null
      ? 'has signed no block yet'
      : `${counted(blocks.count, 'block')}, ${blocks.first} to ${blocks.last}`;
  return `${fingerprint}  ${STATES[state]}${since === null ? '' : `, since ${shownInstant(since)}`}; ${signed}`;
}

const rotate = (command: Command): Promise<void> =>
  withEngine(command, async ({ engine, actor, out }) => {
    const { from, to } = await engine.keys.rotate(actor);
    out.result({ id: to, from, to }, [
      `From the next block on ${to} signs.`,
      `What ${from} signed stays good: the vault keeps its public key. Where fingerprints are pinned, pin both.`,
    ]);
  });
