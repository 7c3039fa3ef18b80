import { Argument, type Command } from 'commander';
import { requireRole } from '../core/actor.js';
import { LetheError } from '../core/errors.js';
import { createKeyFile } from '../keys/key-file.js';
import type { KeysWatch } from '../encryption/keys-face.js';
import { keyFileLines } from './init-keys.js';
import { encryptionLines, signingLines } from './keys-lines.js';
import { counted } from './output.js';
import { progressBar } from './progress.js';
import { withEngine, type Session } from './session.js';

const ROTATED = ['epoch', 'signing', 'index', 'root'] as const;
type Rotated = (typeof ROTATED)[number];

/** `lethe keys …` */
export function keysCommands(program: Command): void {
  const keys = program
    .command('keys')
    .description('the keys that encrypt what customers write, and those that sign the ledger');
  keys
    .command('status')
    .description(
      'what is encrypted, root key, epochs and keys; what signs the ledger, and where the vault is',
    )
    .action((_options, command: Command) => status(command));
  keys
    .command('rotate')
    .description('new keys of a kind; killed or stopped, the next call goes on')
    .addArgument(
      new Argument(
        '[what]',
        'epoch: all keys move under a new epoch key; index: people are found under a new key; root: epoch keys under the key that an alias points to now; signing: the ledger (default: epoch, where lethe.json names keys)',
      ).choices(ROTATED),
    )
    .action((what: Rotated | undefined, _options, command: Command) => rotate(command, what));
  keys
    .command('encrypt')
    .description('encrypt what the data map protects, while others work; needs "keys" in lethe.json')
    .action((_options, command: Command) => encrypt(command));
}

const status = (command: Command): Promise<void> =>
  withEngine(
    command,
    async ({ engine, out }) => {
      const found = await engine.keys.status();
      out.result({ id: found.vault, ...found }, [...encryptionLines(found), ...signingLines(found)]);
    },
    { isLookingAtKeys: true },
  );

const rotate = (command: Command, what?: Rotated): Promise<void> =>
  withEngine(command, (session) => ROTATIONS[what ?? unsaid(session)](session));

/** Nobody who means the keys that encrypt is to rotate the one that signs. */
function unsaid({ config }: Session): Rotated {
  if (config.keys) return 'epoch';
  throw new LetheError('input_invalid', {
    what: 'keys rotate',
    reason:
      'which one? `lethe keys rotate signing` rotates the key that signs the ledger; a key that encrypts there is none yet: add "keys" to lethe.json, and `lethe keys encrypt` (docs/keys.md)',
  });
}

const ROTATIONS: Readonly<Record<Rotated, (session: Session) => Promise<void>>> = {
  signing: async ({ engine, actor, out }) => {
    const { from, to } = await engine.keys.rotate(actor);
    out.result({ id: to, from, to }, [
      `From the next block on ${to} signs.`,
      `What ${from} signed stays good: the vault keeps its public key. Where fingerprints are pinned, pin both.`,
    ]);
  },
  epoch: async ({ engine, actor, config, out }) => {
    const { from, to, moved } = await watched(out.isJson, 'keys', (watch) =>
      engine.keys.rotateEpoch(actor, watch),
    );
    out.result({ id: to, from, to, moved }, [
      `${counted(moved, 'key')} moved to epoch ${to}.`,
      ...(from.length > 0 && config.keys
        ? [
            `The key of the former epoch is kept for ${config.keys.epochs.keptFor}, for backups of the vault that may be put back; then a worker removes it.`,
          ]
        : []),
    ]);
  },
  index: async ({ engine, actor, out }) => {
    const found = await watched(out.isJson, 'people', (watch) => engine.keys.reindex(actor, watch));
    if (!found.isDone) throw new LetheError('rotation_incomplete');
    out.result({ id: found.version, ...found }, [
      `${counted(found.people, 'person', 'people')} are found under version ${found.version} of the index key; the older ones are destroyed.`,
      ...(found.lost > 0
        ? [
            `! ${counted(found.lost, 'person', 'people')} cannot be read any more, and are not found: their key is destroyed, damaged, or not in this vault`,
          ]
        : []),
    ]);
  },
  root: async ({ engine, actor, out }) => {
    const { epochs } = await engine.keys.rewrapEpochs(actor);
    out.result({ epochs }, [
      epochs === 0
        ? 'There is no epoch key to wrap yet, and the key service was not asked: the first one comes under the root key as it is then.'
        : `${counted(epochs, 'epoch key')} wrapped by the root key as it is now. The former root key may be retired once no backup of the place of the epoch keys is to be put back.`,
    ]);
  },
};

const encrypt = (command: Command): Promise<void> =>
  withEngine(command, async (session) => {
    const { engine, actor, out } = session;
    await makeMissingKeyFile(session);
    const { isNew, rows, shared } = await watched(out.isJson, 'rows', (watch) =>
      engine.keys.encrypt(actor, watch),
    );
    const sum = Object.values(rows).reduce((all, one) => all + one, 0);
    out.result({ isNew, rows, shared }, isNew ? newLines(sum, shared) : ['Everything is encrypted already.']);
  });

/** While nothing is encrypted, and no key was ever made: later a missing key file is a lost one. */
async function makeMissingKeyFile({ engine, config, actor, out }: Session): Promise<void> {
  if (config.keys?.root.provider !== 'local') return;
  requireRole(actor, 'vault');
  const { encryption, epochs } = await engine.keys.status();
  if (encryption.state !== 'off' || (epochs?.list ?? []).length > 0) return;
  if (await createKeyFile(config.keys.root.file)) out.say(...keyFileLines(config.keys.root.file));
}

const newLines = (sum: number, shared: number): readonly string[] => [
  `${counted(sum, 'row')} encrypted; from now on the database refuses what is not.`,
  ...(shared === 0
    ? []
    : [
        `${counted(shared, 'person', 'people')} share an address or number with somebody in another spelling: they are found together, and should be looked at.`,
      ]),
  'What was stored before still stands in the clear in backups, in the write-ahead log, and in dead rows until VACUUM FULL.',
];

/** Shows how far it is, and stops at the first Ctrl-C, after what it is at. */
async function watched<T>(isJson: boolean, noun: string, work: (watch: KeysWatch) => Promise<T>): Promise<T> {
  const bar = progressBar(isJson, noun);
  const stop = new AbortController();
  const interrupt = (): void => {
    stop.abort(new LetheError('rotation_incomplete'));
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    return await work({ progress: bar.update, signal: stop.signal });
  } finally {
    bar.stop();
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}
