import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import type { Database } from '../db/database.js';
import type { KeyId } from '../keys/key.js';
import type { KeyStore, WrappedKey } from '../keys/key-store.js';
import type { Keyring } from '../keys/keyring.js';
import { isOver } from '../keys/rotate-epoch.js';
import { appendEntry } from '../ledger/append.js';
import { requireCurrent } from '../ledger/standing.js';
import { requireStillOwn } from '../ledger/vault-link.js';
import type { Vault } from '../vault/vault.js';
import { claimersEnded, lastComparison, namedKeys, ownersKeysIn } from './claims-store.js';
import { dataKeysAmong } from './owner-keys.js';

/** What it takes of the keys to compare and to destroy them: no key service. */
export interface ComparedKeys {
  readonly keyring: Pick<Keyring, 'destroy'>;
  readonly store: Pick<KeyStore, 'epochs' | 'page' | 'counts' | 'alone'>;
}

export interface ClaimsContext {
  readonly db: Database;
  readonly clock: Clock;
  readonly keys: ComparedKeys;
  /** Actor id, for the ledger. */
  readonly actor: string;
  /** The vault that the keys stand in. */
  readonly vault: Vault;
  /** How many milliseconds transactions that may be about to name a key are waited for; default 5,000. */
  readonly patienceMs?: number;
}

/** What a comparison has found. */
export interface Compared {
  /** Keys of persons and tickets that the vault had. */
  readonly keys: number;
  /** Those that no row named, by use: they are destroyed. */
  readonly subject: number;
  readonly ticket: number;
}

const PAGE = 1000;
/** Keys destroyed in one call. */
const AT_ONCE = 2000;
const PATIENCE_MS = 5000;
/** Keys that are missing in the vault can make up for others in their number: so often they are compared one by one. */
const EVERY = 'P1D';
const PAUSE_MS = 200;

/**
 * Destroys the keys of persons and tickets in the vault that no row of lethe.data_key names. There are such when a backup of the ticket
 * database was put back: they were made after it, or the rows that ended them are lost; a later backup would be read with them for
 * ever, whatever is disposed of. There are also such of transactions that failed. One whose row may be about to be committed stays.
 *
 * Only for the database that the vault belongs to, as it is known to be the newest: the keys of a database that is to be replayed,
 * or exchanged for a newer backup, are claimed by rows that are not there.
 * @throws LetheError `keys_unsettled` (transactions did not end), `rotation_running`, `database_restored`, `vault_older`,
 *   `vault_foreign`, `vault_lost`, `vault_unreadable`; what was destroyed until then stays so, and the ledger has it
 */
export const destroyUnclaimed = (context: ClaimsContext): Promise<Compared> =>
  context.keys.store.alone(async () => {
    await requireNewest(context);
    let found: Compared = { keys: 0, subject: 0, ticket: 0 };
    let unnamed: readonly WrappedKey[] = [];
    for await (const page of ownersKeys(context.keys.store)) {
      found = { ...found, keys: found.keys + page.length };
      unnamed = [...unnamed, ...(await notNamed(context, page))];
      if (unnamed.length < AT_ONCE) continue;
      found = plus(found, await destroyThose(context, unnamed));
      unnamed = [];
    }
    if (unnamed.length > 0) found = plus(found, await destroyThose(context, unnamed));
    await note(context, 'keys.compared', { keys: found.keys });
    return found;
  });

/**
 * The same when it is due. Null: it was not, or somebody else has done it meanwhile, or it has to wait and may.
 * @throws LetheError as destroyUnclaimed, where it may not wait
 */
export async function destroyUnclaimedWhenDue(context: ClaimsContext): Promise<Compared | null> {
  const end = performance.now() + (context.patienceMs ?? PATIENCE_MS);
  for (;;) {
    const due = await comparisonDue(context);
    if (due === null) return null;
    try {
      return await destroyUnclaimed(context);
    } catch (error) {
      if (!(error instanceof LetheError)) throw error;
      if (due === 'daily') return null;
      if (error.code !== 'rotation_running' || performance.now() >= end) throw error;
      await wait(PAUSE_MS); // others who have come to the same
    }
  }
}

/**
 * `exchanged`: since the database or the vault was exchanged for a backup nobody has compared; `more`: the vault has more keys than the
 * database names, be it that a backup was put back of which nothing was missing but keys, or that a transaction failed or is open.
 */
export async function comparisonDue({
  db,
  clock,
  keys: { store },
}: Pick<ClaimsContext, 'db' | 'clock' | 'keys'>): Promise<'exchanged' | 'more' | 'daily' | null> {
  const last = await lastComparison(db);
  // never: nobody knows what was exchanged before this was asked
  if (last === null || last.isExchange) return 'exchanged';
  if ((await ownersKeysIn(store)) > (await namedKeys(db))) return 'more';
  return isOver(last.at, EVERY, clock.now()) ? 'daily' : null;
}

const isOwners = ({ use }: Pick<WrappedKey, 'use'>): boolean => use === 'subject' || use === 'ticket';

async function requireNewest({ db, vault }: ClaimsContext): Promise<void> {
  await requireStillOwn(db, vault);
  await requireCurrent(db, vault);
}

/** Page by page; the current epoch last: what a rotation moves meanwhile is met there again. */
async function* ownersKeys(
  store: Pick<KeyStore, 'epochs' | 'page'>,
): AsyncGenerator<readonly WrappedKey[], void, undefined> {
  const epochs = (await store.epochs()).filter(({ state }) => state !== 'empty');
  for (const { id } of [...epochs].reverse())
    for (let after: KeyId | null = null; ;) {
      const page: readonly WrappedKey[] = await store.page(id, after, PAGE);
      const last = page.at(-1);
      if (last === undefined) break;
      yield page.filter(isOwners);
      after = last.id;
    }
}

async function notNamed(
  { db }: Pick<ClaimsContext, 'db'>,
  keys: readonly WrappedKey[],
): Promise<readonly WrappedKey[]> {
  const named = await dataKeysAmong(
    db,
    keys.map(({ id }) => id),
  );
  return keys.filter(({ id }) => !named.has(id));
}

type Counts = Pick<Compared, 'subject' | 'ticket'>;

/** Asked again when everybody has ended who may have made one: their rows can be seen then, or never will be. */
async function destroyThose(context: ClaimsContext, found: readonly WrappedKey[]): Promise<Counts> {
  const { db, keys, clock, patienceMs = PATIENCE_MS } = context;
  if (!(await claimersEnded(db, patienceMs))) throw new LetheError('keys_unsettled', { keys: found.length });
  const unclaimed = await notNamed(context, found);
  if (unclaimed.length === 0) return { subject: 0, ticket: 0 };
  await requireNewest(context); // it may have been exchanged in between
  await keys.keyring.destroy(
    unclaimed.map(({ id }) => id),
    clock.now(),
  );
  const subject = unclaimed.filter(({ use }) => use === 'subject').length;
  const counts = { subject, ticket: unclaimed.length - subject };
  await note(context, 'keys.unclaimed', counts);
  return counts;
}

const plus = (found: Compared, { subject, ticket }: Counts): Compared => ({
  ...found,
  subject: found.subject + subject,
  ticket: found.ticket + ticket,
});

async function note(
  { db, clock, actor }: ClaimsContext,
  kind: 'keys.compared' | 'keys.unclaimed',
  counts: Readonly<Record<string, number>>,
): Promise<void> {
  await db.transaction(async (tx) => {
    await appendEntry(tx, { kind, at: clock.now(), actor, about: {}, counts });
  });
}
