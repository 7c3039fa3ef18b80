import type { ActorName } from '../core/actor.js';
import type { Clock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import { newId } from '../core/ids.js';
import { startOfDayIn, type Instant } from '../core/instant.js';
import type { Database, Queryable, Tx } from '../db/database.js';
import type { MapGraph } from '../datamap/graph.js';
import { keyText } from '../datamap/record-ref.js';
import { actorId } from '../ledger/actor-directory.js';
import { appendEntry } from '../ledger/append.js';
import { journaled } from '../ledger/journaled.js';
import type { Vault } from '../vault/vault.js';
import { closeGate } from './gate.js';
import {
  resolveTarget,
  storedTarget,
  targetColumns,
  whatIsLeft,
  type HoldScope,
  type Left,
  type Target,
} from './hold-target.js';
import { activeProtections, endProtection, insertProtection } from './protection-store.js';

export interface HoldOrder {
  readonly scope: HoldScope;
  /** Why: litigation, investigation, audit … */
  readonly ground: string;
  /** Who ordered it: a court, an authority, counsel. */
  readonly authority: string;
  readonly reason?: string;
  /** Who answers for it, by name; default: who places it. */
  readonly owner?: string;
  /** `2027-01-31`: when somebody must look again. Nothing is lifted by the clock. */
  readonly reviewOn: string;
}

export interface PlacedHold extends Left {
  readonly id: string;
}

/** What placing a hold needs to know of the installation. */
export interface HoldContext {
  readonly db: Database;
  readonly graph: MapGraph;
  readonly clock: Clock;
  /** Knows of every hold before it commits. */
  readonly vault: Vault | null;
}

/**
 * Places a hold. Waits for running batches; after it, none takes what it covers.
 * @throws LetheError `input_invalid`, `policy_invalid` (the condition), `record_unknown`
 */
export async function placeHold(
  context: HoldContext,
  order: HoldOrder,
  actor: ActorName,
): Promise<PlacedHold> {
  const { db, graph, clock, vault } = context;
  checkOrder(order);
  const target = resolveTarget(graph, order.scope, clock.now());
  return journaled(
    vault,
    (work) => db.transaction(work),
    async (tx, intend) => {
      await closeGate(tx);
      const placedBy = await actorId(tx, actor.name);
      const owner = order.owner === undefined ? placedBy : await actorId(tx, order.owner);
      const left = await whatIsLeft(tx, target);
      const id = newId('hold');
      const scope = await storedTarget(tx, target);
      const { ground, authority, reviewOn } = order;
      await insertProtection(tx, {
        id,
        kind: 'hold',
        ...targetColumns(scope),
        ground,
        authority,
        ...(order.reason === undefined ? {} : { reason: order.reason }),
        owner,
        reviewOn,
        placedBy,
      });
      const proof = await appendHoldEntry(tx, 'hold.placed', id, placedBy, clock, target);
      await intend({ kind: 'hold.placed', ...proof, hold: id, scope, ground, authority, owner, reviewOn });
      return { id, ...left };
    },
  );
}

function checkOrder({ ground, authority, reviewOn }: HoldOrder): void {
  const invalid = (what: string, reason: string): LetheError =>
    new LetheError('input_invalid', { what, reason });
  if (ground.trim() === '') throw invalid('ground', 'say why the hold is placed');
  if (authority.trim() === '') throw invalid('authority', 'say who ordered the hold');
  if (startOfDayIn(reviewOn, 'UTC') === null) throw invalid('review date', 'write it as 2027-01-31');
}

/**
 * Lifts a hold. Only another person than the one who placed it may.
 * @throws LetheError `hold_unknown`, `hold_own`, `input_invalid` (no reason)
 */
export async function liftHold(
  { db, clock, vault }: HoldContext,
  id: string,
  reason: string,
  actor: ActorName,
): Promise<{ readonly id: string }> {
  if (reason.trim() === '')
    throw new LetheError('input_invalid', { what: 'reason', reason: 'say why the hold is lifted' });
  return journaled(
    vault,
    (work) => db.transaction(work),
    async (tx, intend) => {
      await closeGate(tx);
      const hold = (await activeProtections(tx)).find((row) => row.id === id && row.kind === 'hold');
      if (!hold) throw new LetheError('hold_unknown', { hold: id });
      const liftedBy = await actorId(tx, actor.name);
      if (hold.placed_by === liftedBy) throw new LetheError('hold_own', { hold: id, actor: actor.name });
      await endProtection(tx, id, liftedBy, reason);
      const proof = await appendHoldEntry(tx, 'hold.lifted', id, liftedBy, clock, null);
      await intend({ kind: 'hold.lifted', ...proof, hold: id });
      return { id };
    },
  );
}

async function appendHoldEntry(
  tx: Tx,
  kind: 'hold.placed' | 'hold.lifted',
  hold: string,
  actor: string,
  clock: Clock,
  target: Target | null,
): Promise<{ readonly id: string; readonly at: Instant; readonly actor: string }> {
  const named = target !== null && target.kind !== 'condition';
  const at = clock.now();
  const id = await appendEntry(tx, {
    kind,
    at,
    actor,
    about: { hold, ...(target ? { scope: target.kind } : {}) },
    ...(named ? { names: [`${target.table.concept ?? ''}/${keyText(target.ref.key)}`] } : {}),
  });
  return { id, at, actor };
}

/** Days of a review date that has passed, so far as the clock's UTC day says; 0 when it has not. */
export function overdueDays(reviewOn: string | null, now: Instant): number {
  if (reviewOn === null) return 0;
  const days = (Date.parse(now.slice(0, 10)) - Date.parse(reviewOn)) / 86_400_000;
  return Math.max(0, Math.floor(days));
}

/** Holds whose review date has passed: loud, but never lifted by the clock. */
export async function overdueHolds(db: Queryable, now: Instant): Promise<readonly string[]> {
  const rows = await activeProtections(db);
  return rows.filter((row) => row.kind === 'hold' && overdueDays(row.review_on, now) > 0).map(({ id }) => id);
}
