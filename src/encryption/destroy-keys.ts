import type { Clock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import type { Database, Queryable, Row, Tx } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { EpochRhythm, Keys } from '../keys/keys.js';
import type { KeyStore } from '../keys/key-store.js';
import { appendEntry } from '../ledger/append.js';
import type { Vault } from '../vault/vault.js';
import {
  lastDestroyed,
  noteDestroyed,
  pendingKeys,
  recallDestroyed,
  type PendingKey,
} from './data-key-store.js';
import { comparisonDue, destroyUnclaimedWhenDue, type ComparedKeys } from './unclaimed-keys.js';

/** What it takes to destroy keys: no key service, it may be away. */
export interface DestroyingKeys extends ComparedKeys {
  readonly store: ComparedKeys['store'] & Pick<KeyStore, 'find'>;
  readonly provider: Pick<Keys['provider'], 'name'>;
  readonly rhythm: EpochRhythm;
  /** Asked by certificates alone. */
  readonly epochs: Pick<Keys['epochs'], 'all'>;
}

export interface DestroyContext {
  readonly db: Database;
  readonly clock: Clock;
  /** Null or absent: the installation names none. */
  readonly keys?: DestroyingKeys | null;
  /** Where they stand; null or absent: nobody can say whether the database is as new as its keys, and none that it does not name goes. */
  readonly vault?: Vault | null;
  /** Actor id, for the ledger. */
  readonly actor: string;
}

/** Keys destroyed in one call: more than a batch ends. */
const AT_ONCE = 2000;
/** Of those destroyed last the vault is asked after so many. */
const ASKED = 100;

/**
 * Destroys in the vault what batches have ended, of one plan or of all; whoever comes next does it, and twice is the same as once.
 * Not an act of the journal: a restored ticket database is told of the disposal again, and that ends the same keys again.
 * @returns how many this call has destroyed
 * @throws LetheError `keys_unset` while there are some and no keys are configured, `vault_unreadable`
 */
export async function destroyEnded(context: DestroyContext, plan?: string): Promise<number> {
  const { db, keys } = context;
  let destroyed = 0;
  for (;;) {
    const pending = await pendingKeys(db, plan ?? null, AT_ONCE);
    if (pending.length === 0) return destroyed;
    if (!keys) throw new LetheError('keys_unset');
    destroyed += await destroyAll(context, keys, pending);
    if (pending.length < AT_ONCE) return destroyed;
  }
}

/**
 * The same for all plans; where the vault turns out to be an older copy, everything that was ever destroyed is so again, and where the
 * database or the vault was exchanged, what the database does not name goes too. Throws also as destroyUnclaimed.
 */
export async function destroyPending(context: DestroyContext): Promise<number> {
  await recallFromOlderVault(context);
  return (await destroyEnded(context)) + (await destroyForgotten(context));
}

/** What is left of failed transactions can wait for the next run: every destruction makes a new epoch due. */
async function destroyForgotten({ keys, vault, ...context }: DestroyContext): Promise<number> {
  if (!keys || !vault || (await comparisonDue({ ...context, keys })) !== 'exchanged') return 0;
  const found = await destroyUnclaimedWhenDue({ ...context, keys, vault });
  return found === null ? 0 : found.subject + found.ticket;
}

async function recallFromOlderVault({ db, clock, keys }: DestroyContext): Promise<void> {
  if (keys && (await hasDestroyed(db, keys.store))) await recallDestroyed(db, clock.now());
}

/** Whether the vault has keys again that were destroyed: it is an older copy. */
export async function hasDestroyed(on: Queryable, store: Pick<KeyStore, 'find'>): Promise<boolean> {
  const ids = await lastDestroyed(on, ASKED);
  return ids.length > 0 && (await store.find(ids)).size > 0;
}

async function destroyAll(
  context: DestroyContext,
  keys: DestroyingKeys,
  pending: readonly PendingKey[],
): Promise<number> {
  const at = context.clock.now();
  await keys.keyring.destroy(
    pending.map(({ id }) => id),
    at,
  );
  // read afterwards: a copy of the vault from before has them under this epoch or an earlier one
  const epoch = (await keys.store.epochs()).find(({ state }) => state === 'current')?.id ?? '';
  return context.db.transaction(async (tx) => {
    let noted = 0;
    for (const group of byPlan(pending)) noted += await note(tx, context, { ...group, keys, epoch, at });
    return noted;
  });
}

interface Group {
  readonly plan: string | null;
  readonly isBack: boolean;
  readonly ids: readonly string[];
}

/** What went with one plan is told in one entry; what was destroyed before is told apart. */
function byPlan(pending: readonly PendingKey[]): readonly Group[] {
  const groups = new Map<string, Group & { readonly ids: string[] }>();
  for (const { id, plan, isBack } of pending) {
    const name = `${isBack} ${plan ?? ''}`;
    const group = groups.get(name) ?? { plan, isBack, ids: [] };
    group.ids.push(id);
    groups.set(name, group);
  }
  return [...groups.values()];
}

interface Destroyed extends Group {
  readonly keys: DestroyingKeys;
  readonly epoch: string;
  readonly at: string;
}

async function note(tx: Tx, { actor, clock }: DestroyContext, done: Destroyed): Promise<number> {
  const { plan, isBack, ids, keys, epoch } = done;
  const at = clock.now();
  const counts = await noteDestroyed(tx, ids, isBack, at);
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (total === 0) return 0;
  const { afterDestruction, keptFor } = keys.rhythm;
  const about = { epoch, provider: keys.provider.name, afterDestruction, keptFor };
  // what is destroyed once more says nothing new of its plan, whose certificate is out
  const of = plan === null || isBack ? null : await planOf(tx, plan);
  await appendEntry(tx, {
    kind: isBack ? 'keys.destroyed-again' : 'keys.destroyed',
    at,
    actor,
    about: { ...about, ...(of === null ? {} : { plan: of.id, policy: of.policy }) },
    counts,
    ...(of === null ? {} : { digests: { plan: of.digest, map: of.map_digest } }),
  });
  return total;
}

interface PlanOfKeys extends Row {
  readonly id: string;
  readonly policy: string;
  readonly digest: string;
  readonly map_digest: string;
}

/** Null: a restored database has forgotten the plan. */
async function planOf(on: Queryable, id: string): Promise<PlanOfKeys | null> {
  const { rows } = await on.query<PlanOfKeys>(sql`
    select id, policy, digest, map_digest from lethe.plan where id = ${id}`);
  return rows[0] ?? null;
}
