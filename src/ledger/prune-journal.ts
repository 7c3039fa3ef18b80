import { LetheError } from '../core/errors.js';
import { parseInstant, toMicros } from '../core/instant.js';
import { dueOf, parsePeriod } from '../core/period.js';
import type { Queryable, Row, Tx } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { JournaledAct } from '../vault/journal.js';
import type { JournalReach } from '../vault/vault.js';
import { genuineCheckpoint } from './checkpoint.js';
import type { SealContext } from './seal.js';
import { standingIn } from './standing.js';

export interface JournalPruned {
  /** Acts that the journal has forgotten, void ones included. */
  readonly acts: number;
  /** Every act that it ever forgot was sealed up to this block. */
  readonly block: number;
  /** False when somebody was in the middle of an act, or the database waits for its replay: it is tried again later. */
  readonly looked: boolean;
}

/** Acts looked up at once. */
const PAGE = 1000;

/**
 * Forgets, from the journal's beginning on, the acts that no backup can undo any more: those that never committed, and those
 * whose block was sealed longer ago than a backup is kept. A backup made before a block was sealed may lack its acts; one made
 * after has them. The first act that must stay ends it.
 * @param keptFor how long the oldest backup of the ticket database is kept, as an ISO 8601 period
 * @throws LetheError what `standingOf` throws; `input_invalid`
 */
export async function pruneJournal(
  { db, vault, clock }: SealContext,
  keptFor: string,
): Promise<JournalPruned> {
  const period = parsePeriod(keptFor);
  if ('problem' in period)
    throw new LetheError('input_invalid', { what: 'backups.keptFor', reason: period.problem });
  return db.transaction(async (tx) => {
    const { standing, quiet } = await standingIn(tx, vault);
    const former = (await vault.reach()) ?? { position: 0, block: 0 };
    if (standing.is !== 'current' || !quiet) return { acts: 0, block: former.block, looked: false };
    const settled = (await vault.seal())?.settled ?? 0;
    const { acts } = await vault.acts(0);
    const candidates = acts.filter(({ position }) => position < settled);
    const now = clock.now();
    const isOver = (text: string): boolean => {
      const at = parseInstant(text);
      return at !== null && dueOf(at, period, 'UTC', 'event') <= now;
    };
    const { count, block } = await forgettable(tx, await prunedUpTo(tx, vault), candidates, isOver);
    const position = Math.max(former.position, candidates[count]?.position ?? settled);
    const reach: JournalReach = { position, block: Math.max(former.block, block), at: now };
    await vault.prune(reach);
    return { acts: count, block: reach.block, looked: true };
  });
}

interface SealedAct {
  readonly block: number;
  /** When the block was made. */
  readonly at: string;
}

/** How many acts from the first on may go, and the last block that sealed one of them. */
async function forgettable(
  tx: Tx,
  pruned: SealedAct | null,
  acts: readonly JournaledAct[],
  isOver: (at: string) => boolean,
): Promise<{ readonly count: number; readonly block: number }> {
  let block = 0;
  for (let from = 0; from < acts.length; from += PAGE) {
    const page = acts.slice(from, from + PAGE);
    const places = await sealedPlaces(tx, page);
    for (const [index, act] of page.entries()) {
      if (act.state === 'void') continue;
      // what a signed checkpoint stands for was sealed no later than the checkpoint was made
      const sealed = lastOf(act.entries.flatMap((id) => places.get(id) ?? [])) ?? pruned;
      // the journal's own word, too: the block's instant is only as good as the database
      if (!sealed || !isOver(sealed.at) || !isOver(act.act.at)) return { count: from + index, block };
      block = Math.max(block, sealed.block);
    }
  }
  return { count: acts.length, block };
}

/** An act done again after a restore has two entries; the younger one counts. */
const lastOf = (places: readonly SealedAct[]): SealedAct | undefined =>
  places.toSorted((one, other) => one.block - other.block).at(-1);

async function sealedPlaces(
  db: Queryable,
  acts: readonly JournaledAct[],
): Promise<ReadonlyMap<string, SealedAct>> {
  const { rows } = await db.query<Row & { entry_id: string; block: string; at: string }>(sql`
    select s.entry_id, s.block, b.body::jsonb ->> 'sealedAt' as at
    from lethe.ledger_sealed s join lethe.ledger_block b on b.number = s.block
    where s.entry_id = any(${acts.flatMap(({ entries }) => entries)}::text[])`);
  return new Map(rows.map(({ entry_id, block, at }) => [entry_id, { block: Number(block), at }]));
}

async function prunedUpTo(tx: Tx, vault: SealContext['vault']): Promise<SealedAct | null> {
  const body = await genuineCheckpoint(tx, vault);
  return body && { block: body.block, at: body.madeAt };
}

/** A second look on the same day would find little. */
const DAY_IN_MICROS = 86_400_000_000n;

/** The same once a day, where somebody said how long backups are kept; null when it is not time. */
export async function pruneJournalDaily(
  context: SealContext,
  keptFor: string | null,
): Promise<JournalPruned | null> {
  if (keptFor === null) return null;
  const reach = await context.vault.reach();
  const isFresh = reach && toMicros(context.clock.now()) - toMicros(reach.at) < DAY_IN_MICROS;
  return isFresh ? null : pruneJournal(context, keptFor);
}

/** @throws LetheError `input_invalid` when nobody said it */
export function requireKeptFor({ backupsKeptFor }: { readonly backupsKeptFor?: string | null }): string {
  if (backupsKeptFor) return backupsKeptFor;
  const reason =
    'say how long backups of the ticket database are kept, such as "backups": { "keptFor": "P35D" }';
  throw new LetheError('input_invalid', { what: 'lethe.json', reason });
}
