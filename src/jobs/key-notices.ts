import { LetheError } from '../core/errors.js';
import { shownInstant } from '../core/instant.js';
import type { Queryable, Row } from '../db/database.js';
import { sql } from '../db/sql.js';
import { pendingByPlan } from '../encryption/data-key-store.js';
import { hasDestroyed } from '../encryption/destroy-keys.js';
import { checkRoot } from '../encryption/require-keys.js';
import { encryptionState } from '../encryption/state.js';
import { damagedKeys } from '../keys/damaged-keys.js';
import { isUnfinished, type KeyStore } from '../keys/key-store.js';
import type { Keys } from '../keys/keys.js';
import { lostEpochs } from '../keys/lost-epochs.js';

/** Something to be said about the keys of this installation. */
export interface KeyNotice {
  readonly kind: 'keys';
  /** Of an epoch or a plan, or what it is about. */
  readonly id: string;
  readonly message: string;
  /** Something is wrong that takes a person to put right. */
  readonly isTrouble: boolean;
}

export interface KeysLookedAt {
  readonly db: Queryable;
  /** Or why they cannot be opened; null: there are none to look at. */
  readonly keys: Keys | LetheError | null;
}

/**
 * What was begun with keys and is not finished, and what of them is not in its place. No key is opened: database, vault and the place
 * of the epoch keys say it, and the key service is asked for no more than whether the root key may be used.
 */
export async function keyNotices({ db, keys }: KeysLookedAt): Promise<readonly KeyNotice[]> {
  const state = await encryptionState(db);
  const first = [...(state === 'converting' ? [HALF_ENCRYPTED] : []), ...(await undestroyed(db))];
  if (keys instanceof LetheError) return [...first, failed(keys)];
  if (!keys) return state === 'off' ? first : [...first, failed(new LetheError('keys_unset'))];
  // a key file is made when encryption is turned on
  if (state === 'off' && keys.provider.name === 'local') return first;
  return [
    ...first,
    ...(await orFailure(() => broughtBack(db, keys))),
    ...(await orFailure(() => unfinishedRotation(keys))),
    ...(await orFailure(() => damaged(keys))),
    ...(await orFailure(() => ofLostEpochs(keys))),
    ...(await orFailure(() => refusedRoot(keys))),
  ];
}

const trouble = (id: string, message: string): KeyNotice => ({ kind: 'keys', id, message, isTrouble: true });

const failed = ({ code, message }: LetheError): KeyNotice => trouble(code, message);

async function orFailure(look: () => Promise<readonly KeyNotice[]>): Promise<readonly KeyNotice[]> {
  try {
    return await look();
  } catch (failure) {
    if (failure instanceof LetheError) return [failed(failure)];
    throw failure;
  }
}

const HALF_ENCRYPTED = trouble(
  'encryption',
  'new values are encrypted, not all of the old ones are yet: `lethe keys encrypt` goes on where it stopped',
);

/** Of no plan that is there: what a plan has left is told with the plan. */
async function undestroyed(db: Queryable): Promise<readonly KeyNotice[]> {
  const pending = await pendingByPlan(db);
  const told = await plansAmong(db, [...pending.keys()]);
  return [...pending].flatMap(([plan, { keys, since }]) =>
    told.has(plan)
      ? []
      : [
          trouble(
            plan === '' ? 'destruction' : plan,
            `keys of deleted records are to be destroyed since ${shownInstant(since)} (${keys}): \`lethe worker --once\` destroys them, or says what is in the way`,
          ),
        ],
  );
}

async function plansAmong(db: Queryable, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await db.query<Row & { id: string }>(
    sql`select id from lethe.plan where id = any (${ids}::text[])`,
  );
  return new Set(rows.map(({ id }) => id));
}

async function broughtBack(db: Queryable, { store }: Keys): Promise<readonly KeyNotice[]> {
  return (await hasDestroyed(db, store))
    ? [
        trouble(
          'destruction',
          'the vault has keys again that were destroyed, as an older copy of it has: `lethe worker --once` destroys them again',
        ),
      ]
    : [];
}

async function unfinishedRotation({ store }: Keys): Promise<readonly KeyNotice[]> {
  const epochs = await store.epochs();
  const current = epochs.find(({ state }) => state === 'current');
  if (!current || !epochs.some(isUnfinished)) return [];
  const begun = `the rotation begun on ${shownInstant(current.since)}`;
  return (await somebodyRotates(store))
    ? [{ kind: 'keys', id: 'rotation', message: `${begun} is going on`, isTrouble: false }]
    : [
        trouble(
          'rotation',
          `${begun} has not moved every key yet, and nobody is at it: \`lethe keys rotate\` goes on where it stopped`,
        ),
      ];
}

async function somebodyRotates(store: KeyStore): Promise<boolean> {
  try {
    await store.alone(() => Promise.resolve());
    return false;
  } catch (error) {
    if (error instanceof LetheError && error.code === 'rotation_running') return true;
    throw error;
  }
}

async function damaged({ store }: Keys): Promise<readonly KeyNotice[]> {
  const found = await damagedKeys(store);
  return found ? [failed(found)] : [];
}

const ofLostEpochs = async (keys: Keys): Promise<readonly KeyNotice[]> =>
  (await lostEpochs(keys)).map((epoch) =>
    trouble(epoch, new LetheError('epoch_lost', { epoch, place: keys.epochs.place }).message),
  );

/** Where a file holds the root key, it is the place of the epoch keys too, and has been looked at. */
async function refusedRoot({ provider }: Keys): Promise<readonly KeyNotice[]> {
  if (provider.name !== 'local') await checkRoot(provider);
  return [];
}
