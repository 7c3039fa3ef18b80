import type { Actor, ActorName } from '../core/actor.js';
import type { Clock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import type { MapGraph } from '../datamap/graph.js';
import type { Database, Row } from '../db/database.js';
import { raw, sql } from '../db/sql.js';
import type { Keys } from '../keys/keys.js';
import { rotateEpoch, rotationDue, type EpochRotation } from '../keys/rotate-epoch.js';
import { actorId } from '../ledger/actor-directory.js';
import { appendEntry } from '../ledger/append.js';
import { keysStatus, type KeysStatus } from '../ledger/keys.js';
import { rotateKey, type Rotation } from '../ledger/rotate.js';
import type { Vault } from '../vault/vault.js';
import { encryptDatabase, type ConvertWatch, type Encrypted } from './convert.js';
import { destroyPending } from './destroy-keys.js';
import { keysOverview, type KeysOverview } from './keys-overview.js';
import { indexDue } from './index-due.js';
import { reindex, type Reindexed, type ReindexWatch } from './re-index.js';
import { checkRoot } from './require-keys.js';
import { rewrapEpochs, type Rewrapped } from './rewrap-epochs.js';
import { endEpochs } from './end-epochs.js';
import { encryptionState } from './state.js';
import { isKeyFileUnmade } from './unmade-key-file.js';

export interface KeysContext {
  readonly db: Database;
  readonly graph: MapGraph;
  readonly clock: Clock;
  /** Null or absent: lethe.json names none. */
  readonly keys?: Keys | null;
  readonly vault?: Vault | null;
}

/** How far a long call is; and how it is asked to stop. The next call goes on where it stopped. */
export type KeysWatch = ConvertWatch;

/** What was due of epochs. */
export interface Tended {
  /** Keys moved to a new epoch; null: none was due. */
  readonly moved: number | null;
  /** People indexed anew, because the key of one was destroyed; null: none was. */
  readonly indexed: number | null;
  /** Epochs whose own key is gone: copies of the vault from their time open nothing any more. */
  readonly retired: number;
}

export interface InstallationKeys {
  /** The signing keys and where the vault is; encryption, its root, epochs and keys. Works while the key service is away. */
  status(): Promise<KeysStatus & KeysOverview>;
  /** A new signing key from the next block on. */
  rotate(actor: ActorName): Promise<Rotation>;
  /**
   * A new epoch, and every key moved to it; or what another call began, to its end. Throws as requireNamed and rotateEpoch, and
   * `keys_damaged` when all others are moved.
   */
  rotateEpoch(actor: ActorName, watch?: KeysWatch): Promise<EpochRotation>;
  /** A new index key, and every person indexed under it. Throws as requireNamed and reindex. */
  reindex(actor: ActorName, watch?: KeysWatch): Promise<Reindexed>;
  /**
   * The epoch keys under the root key that its name points to now. Throws as requireNamed and rewrapEpochs; `root_fixed` for a key
   * file, whose root never changes.
   */
  rewrapEpochs(actor: ActorName): Promise<Rewrapped>;
  /**
   * Encrypts what the map protects; nothing happens where it is. Nothing begins either while root key or epoch keys cannot be asked.
   * Throws as requireNamed, checkRoot, EpochStore.all and encryptDatabase.
   */
  encrypt(actor: ActorName, watch?: KeysWatch): Promise<Encrypted>;
  /** A new epoch where one is due, unless `mayRotate` is false; and the end of those that are empty for long enough. */
  tend(actor: ActorName, order?: TendOrder): Promise<Tended>;
}

export interface TendOrder {
  readonly mayRotate?: boolean;
  readonly signal?: AbortSignal;
}

/** @param vault throws `vault_unset` */
export function keysOver(
  context: KeysContext,
  vault: () => Vault,
  may: (actor: ActorName, deed: 'vault' | 'apply') => Actor,
): InstallationKeys {
  const { db, graph, clock } = context;
  const note = (name: string, kind: string, counts: Readonly<Record<string, number>>): Promise<void> =>
    db.transaction(async (tx) => {
      await appendEntry(tx, { kind, at: clock.now(), actor: await actorId(tx, name), about: {}, counts });
    });
  const moveKeys = async (name: string, watch: KeysWatch): Promise<EpochRotation> => {
    const rotation = await rotateEpoch(await requireNamed(context), {
      at: clock.now(),
      watch: ({ moved, total }) => watch.progress?.({ items: total, done: moved }),
      ...(watch.signal && { signal: watch.signal }),
    });
    await note(name, 'epoch.rotated', { keys: rotation.moved });
    if (rotation.damaged) throw rotation.damaged;
    return rotation;
  };
  const indexAnew = async (name: string, watch: KeysWatch): Promise<Reindexed> => {
    const { keyring } = await requireNamed(context);
    const found = await reindex(
      { db, graph, clock, keyring },
      reindexWatch(watch, await countPeople(context)),
    );
    if (found.isDone && found.version > 0) await note(name, 'index.rotated', { people: found.people });
    return found;
  };
  return {
    status: async () => ({ ...(await keysStatus({ db, vault: vault() })), ...(await overviewOf(context)) }),
    rotate: async (actor) => {
      const { name } = may(actor, 'vault');
      return rotateKey({ db, clock, vault: vault() }, name);
    },
    rotateEpoch: async (actor, watch = {}) => {
      const { name } = may(actor, 'vault');
      const keys = await requireNamed(context);
      // first: a key that is to be gone, or is back with an older copy of the vault, must not be moved to an epoch that lives
      await destroyPending({ db, clock, keys, vault: context.vault ?? null, actor: await actorId(db, name) });
      return moveKeys(name, watch);
    },
    reindex: async (actor, watch = {}) => indexAnew(may(actor, 'vault').name, watch),
    rewrapEpochs: async (actor) => {
      const { name } = may(actor, 'vault');
      const keys = await requireNamed(context);
      if (keys.provider.name === 'local') throw new LetheError('root_fixed', { file: keys.provider.key });
      const rewrapped = await rewrapEpochs(keys);
      if (rewrapped.epochs > 0) await note(name, 'epoch.rewrapped', { epochs: rewrapped.epochs });
      return rewrapped;
    },
    encrypt: async (actor, watch) => {
      const { name } = may(actor, 'vault');
      const { keyring, provider, epochs } = await requireNamed(context);
      if ((await encryptionState(db)) === 'off') {
        // once it has begun, nothing can be written without a key
        await checkRoot(provider);
        await epochs.all();
      }
      return encryptDatabase({ db, graph, clock, keyring }, name, watch);
    },
    tend: async (actor, { mayRotate = true, signal } = {}) => {
      const { name } = may(actor, 'apply');
      if (!context.keys) return { moved: null, indexed: null, retired: 0 };
      // first: what is in the way of a rotation, such as a key service that is away, must not keep former epochs alive
      const retired = await endEpochs({ db, clock, keys: context.keys, actor: await actorId(db, name) });
      if (!mayRotate || !(await rotationDue(context.keys, clock.now())))
        return { moved: null, indexed: null, retired: retired.length };
      // before: the former index key is left behind in the epoch that ends
      const indexed = (await indexDue(db, context.keys, clock.now()))
        ? await indexAnew(name, { signal })
        : null;
      const { moved } = await moveKeys(name, { signal });
      return { moved, indexed: indexed && indexed.people, retired: retired.length };
    },
  };
}

/** @throws LetheError `keys_unset`, or `keys_unnamed` and `key_file_unmade` where nothing is encrypted yet */
async function requireNamed({ db, keys }: KeysContext): Promise<Keys> {
  if (!keys) throw new LetheError((await encryptionState(db)) === 'off' ? 'keys_unnamed' : 'keys_unset');
  if (await isKeyFileUnmade(db, keys)) throw unmade(keys);
  return keys;
}

const unmade = ({ provider }: Keys): LetheError => new LetheError('key_file_unmade', { file: provider.key });

/** A key file that is not made yet is no lost one. */
async function overviewOf({ db, keys = null }: KeysContext): Promise<KeysOverview> {
  const overview = await keysOverview(db, keys);
  const { root, epochs } = overview;
  if (!keys || !root || !epochs || !(await isKeyFileUnmade(db, keys))) return overview;
  const { code, message } = unmade(keys);
  return { ...overview, root: { ...root, problem: { code, message } }, epochs: { ...epochs, problem: null } };
}

const reindexWatch = ({ progress, signal }: KeysWatch, items: number): ReindexWatch => ({
  signal,
  watch: ({ people }) => {
    progress?.({ items: Math.max(items, people), done: people });
  },
});

async function countPeople({ db, graph }: Pick<KeysContext, 'db' | 'graph'>): Promise<number> {
  if (!graph.subject) return 0;
  const { rows } = await db.query<Row & { count: string }>(sql`
    select count(*)::text as count from ${raw(graph.subject.table.sql)}`);
  return Number(rows[0]?.count ?? 0);
}
