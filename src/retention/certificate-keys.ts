import { LetheError } from '../core/errors.js';
import { parseInstant, type Instant } from '../core/instant.js';
import { dueOf, parsePeriod } from '../core/period.js';
import type { Queryable } from '../db/database.js';
import { pendingByPlan } from '../encryption/data-key-store.js';
import type { DestroyingKeys } from '../encryption/destroy-keys.js';
import type { PlanRow } from '../disposal/plan-store.js';
import type { PublicKey } from '../vault/signing-key.js';
import type { PlanEntry } from './certificate-ledger.js';
import { provenRetirements } from './certificate-ledger.js';
import { destroyedCounts } from './certificate-store.js';

/** Copies of the vault from before, which have the keys wrapped by the epoch key of their time. */
export interface VaultCopies {
  /** The epoch key can be gone then at the earliest: when it was replaced at once. */
  readonly notBefore: string;
  /** It is gone then, as the epochs were configured when the keys were destroyed. */
  readonly expected: string;
  /** Whether such a copy can still be read by whoever has the place of the epoch keys. */
  readonly readable: boolean;
  /** When the last of these epoch keys was removed; null: it is there, or the ledger does not say. */
  readonly unreadableSince: string | null;
}

/** The keys that a run destroyed, and what that reaches. */
export interface DestroyedKeys {
  /** Of persons, and of tickets. */
  readonly people: number;
  readonly tickets: number;
  readonly first: string | null;
  readonly last: string | null;
  /** What held the root key then: `local`, `aws-kms`. */
  readonly providers: readonly string[];
  /** Null where no key was destroyed. */
  readonly vaultCopies: VaultCopies | null;
  /** Messages by persons who went in tickets that are kept: they stay, under the keys of these tickets. */
  readonly textsKept: number;
}

export interface KeysQuestion {
  readonly keys: DestroyingKeys | null;
  readonly trusted: readonly PublicKey[];
}

/**
 * A certificate waits for the keys, also for those that an older copy of the vault has brought back.
 * @throws LetheError `keys_pending`
 */
export async function requireDestroyed(db: Queryable, plan: string): Promise<void> {
  const pending = (await pendingByPlan(db)).get(plan);
  if (pending)
    throw new LetheError('keys_pending', {
      plan,
      keys: pending.keys,
      reason: 'an older copy of the vault, or of the database, has brought them back',
    });
}

/**
 * What sealed entries say of the keys that a run destroyed; null where nothing was encrypted.
 * @throws LetheError `certificate_contradicted` when the tables say otherwise, `ledger_broken`
 */
export async function destroyedKeysOf(
  db: Queryable,
  plan: PlanRow,
  entries: readonly PlanEntry[],
  question: KeysQuestion,
): Promise<DestroyedKeys | null> {
  const destructions = entries.filter(({ kind }) => kind === 'keys.destroyed');
  const textsKept = entries.reduce((sum, entry) => sum + entry.textsKept, 0);
  const sums = { people: countOf(destructions, 'subject'), tickets: countOf(destructions, 'ticket') };
  await requireSame(db, plan, sums);
  if (destructions.length === 0 && textsKept === 0) return null;
  return {
    ...sums,
    first: destructions[0]?.at ?? null,
    last: destructions.at(-1)?.at ?? null,
    providers: [...new Set(destructions.flatMap(({ destruction }) => destruction?.provider ?? []))].sort(),
    vaultCopies: destructions.length === 0 ? null : await copiesOf(db, destructions, question),
    textsKept,
  };
}

const countOf = (entries: readonly PlanEntry[], use: string): number =>
  entries.reduce((sum, { counts }) => sum + (counts[use] ?? 0), 0);

async function requireSame(
  db: Queryable,
  { id }: PlanRow,
  sealed: { readonly people: number; readonly tickets: number },
): Promise<void> {
  const { subject = 0, ticket = 0 } = await destroyedCounts(db, id);
  if (sealed.people === subject && sealed.tickets === ticket) return;
  const what = `keys destroyed: ${sealed.people} and ${subject} of persons, ${sealed.tickets} and ${ticket} of tickets`;
  throw new LetheError('certificate_contradicted', { plan: id, what });
}

async function copiesOf(
  db: Queryable,
  destructions: readonly PlanEntry[],
  { keys, trusted }: KeysQuestion,
): Promise<VaultCopies> {
  const epochs = new Set(destructions.flatMap(({ destruction }) => destruction?.epoch ?? []));
  const retired = await provenRetirements(db, epochs, trusted);
  const removed = [...epochs].flatMap((epoch) => retired.get(epoch) ?? []).sort();
  const isGone = removed.length === epochs.size || (await areGone(epochs, keys));
  return {
    notBefore: latest(destructions, ({ keptFor }) => [keptFor]),
    expected: latest(destructions, ({ afterDestruction, keptFor }) => [afterDestruction, keptFor]),
    readable: !isGone,
    unreadableSince: removed.length === epochs.size ? (removed.at(-1) ?? null) : null,
  };
}

/** Looked up in their place itself, where the ledger does not tell of it; a place that cannot be read says nothing. */
async function areGone(epochs: ReadonlySet<string>, keys: DestroyingKeys | null): Promise<boolean> {
  if (!keys) return false;
  try {
    return !(await keys.epochs.all()).some(({ id }) => epochs.has(id));
  } catch (error) {
    if (error instanceof LetheError) return false;
    throw error;
  }
}

type Rhythm = NonNullable<PlanEntry['destruction']>;

function latest(destructions: readonly PlanEntry[], periods: (rhythm: Rhythm) => readonly string[]): string {
  const instants = destructions.flatMap(({ at, destruction }) =>
    destruction ? [later(at, periods(destruction))] : [],
  );
  return instants.sort().at(-1) ?? '';
}

const later = (at: string, periods: readonly string[]): string =>
  periods.reduce<Instant>(
    (from, text) => {
      const period = parsePeriod(text);
      return 'problem' in period ? from : dueOf(from, period, 'UTC', 'event');
    },
    parseInstant(at) ?? (at as Instant),
  );
