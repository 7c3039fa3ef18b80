import type { ActorName } from '../core/actor.js';
import type { Clock } from '../core/clock.js';
import { cutoffOf } from '../core/cutoff.js';
import { describeProblems, LetheError, type Problem } from '../core/errors.js';
import { newId } from '../core/ids.js';
import { startOfDayIn, type Instant } from '../core/instant.js';
import { raw, sql } from '../db/sql.js';
import type { Database, Queryable, Row, Tx } from '../db/database.js';
import type { MapGraph, MapTable } from '../datamap/graph.js';
import { keyArray, keyIn } from '../datamap/key-sql.js';
import { keyText, parseRecord, type RecordRef } from '../datamap/record-ref.js';
import { actorId } from '../ledger/actor-directory.js';
import { appendEntry } from '../ledger/append.js';
import { bindTime } from '../policy/condition.js';
import { readCondition } from '../policy/read-condition.js';
import { whereOf } from '../policy/where.js';
import { deletedBy, unfinishedRuns } from './chunk-store.js';
import { closeGate } from './gate.js';
import {
  activeProtections,
  endProtection,
  insertProtection,
  type NewProtection,
} from './protection-store.js';
import { arrayLiteral } from './stopped.js';
import { subjectOf } from './subject-store.js';

/** What a hold is on: one record, one person with all that is theirs, or the records of a type that meet a condition. */
export type HoldScope =
  | { readonly kind: 'record'; readonly record: string }
  | { readonly kind: 'subject'; readonly record: string }
  | { readonly kind: 'condition'; readonly record: string; readonly condition: unknown };

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

export interface PlacedHold {
  readonly id: string;
  /** Records the hold covers now, of its own record type. */
  readonly records: number;
  /** What was already gone, in plain words; empty when nothing was. */
  readonly alreadyGone: readonly string[];
}

/** What placing a hold needs to know of the installation. */
export interface HoldContext {
  readonly db: Database;
  readonly graph: MapGraph;
  readonly clock: Clock;
}

/**
 * Places a hold. Waits for running batches; after it, none takes what it covers.
 * @throws LetheError `input_invalid`, `policy_invalid` (a condition that does not hold water)
 */
export async function placeHold(
  context: HoldContext,
  order: HoldOrder,
  actor: ActorName,
): Promise<PlacedHold> {
  const { db, graph, clock } = context;
  checkOrder(order);
  const target = resolveScope(graph, order.scope, clock.now());
  return db.transaction(async (tx) => {
    await closeGate(tx);
    const placedBy = await actorId(tx, actor.name);
    const owner = order.owner === undefined ? placedBy : await actorId(tx, order.owner);
    const id = newId('hold');
    await insertProtection(tx, {
      id,
      kind: 'hold',
      ...(await storedScope(tx, target)),
      ground: order.ground,
      authority: order.authority,
      ...(order.reason === undefined ? {} : { reason: order.reason }),
      owner,
      reviewOn: order.reviewOn,
      placedBy,
    });
    await appendHoldEntry(tx, 'hold.placed', id, placedBy, clock, target);
    return { id, ...(await whatIsLeft(tx, target)) };
  });
}

type Target =
  | {
      readonly kind: 'record' | 'subject';
      readonly ref: RecordRef;
      readonly table: MapTable;
      readonly where: string;
    }
  | {
      readonly kind: 'condition';
      readonly condition: unknown;
      readonly table: MapTable;
      readonly where: string;
    };

function resolveScope(graph: MapGraph, scope: HoldScope, now: Instant): Target {
  if (scope.kind === 'condition') {
    const table = graph.records.get(scope.record);
    if (!table)
      throw new LetheError('input_invalid', {
        what: 'record',
        reason: `the data map has no record "${scope.record}"`,
      });
    return {
      kind: 'condition',
      condition: scope.condition,
      table,
      where: conditionSql(table, scope.condition, now),
    };
  }
  const ref = parseRecord(graph, scope.record);
  if (scope.kind === 'subject' && graph.subject?.table !== ref.table)
    throw new LetheError('input_invalid', {
      what: 'subject',
      reason: `a person is named as ${graph.subject?.table.concept ?? '(this data map names no subjects)'}/…`,
    });
  const where = keyIn(ref.table, 'this', arrayLiteral([keyText(ref.key)], keyArray(ref.table).type));
  return { kind: scope.kind, ref, table: ref.table, where };
}

function conditionSql(table: MapTable, entry: unknown, asOf: Instant): string {
  const problems: Problem[] = [];
  const report = (path: string, message: string): void => void problems.push({ file: 'hold', path, message });
  const condition = readCondition({ table, timeZone: 'UTC', report }, entry, 'condition');
  if (!condition) throw new LetheError('policy_invalid', { problems: describeProblems(problems) });
  const bound = bindTime(condition, (period, timeZone) =>
    cutoffOf({ asOf, period, timeZone, periodStarts: 'event' }),
  );
  return `${table.record} and ${whereOf(bound)}`;
}

function checkOrder({ ground, authority, reviewOn }: HoldOrder): void {
  const invalid = (what: string, reason: string): LetheError =>
    new LetheError('input_invalid', { what, reason });
  if (ground.trim() === '') throw invalid('ground', 'say why the hold is placed');
  if (authority.trim() === '') throw invalid('authority', 'say who ordered the hold');
  if (startOfDayIn(reviewOn, 'UTC') === null) throw invalid('review date', 'write it as 2027-01-31');
}

async function storedScope(
  tx: Tx,
  target: Target,
): Promise<Pick<NewProtection, 'record' | 'key' | 'subjectId' | 'condition'>> {
  const record = target.table.concept ?? '';
  if (target.kind === 'condition') return { record, condition: target.condition };
  const key = keyText(target.ref.key);
  return target.kind === 'record' ? { record, key } : { subjectId: await subjectOf(tx, record, key) };
}

async function whatIsLeft(tx: Tx, target: Target): Promise<Omit<PlacedHold, 'id'>> {
  const { rows } = await tx.query<Row & { records: string }>(sql`
    select count(*) as records from ${raw(target.table.sql)} this where ${raw(target.where)}`);
  const records = Number(rows[0]?.records ?? 0);
  const alreadyGone = await goneRecords(tx, target, records);
  return { records, alreadyGone };
}

/**
 * A named record that is gone was deleted by a run or never was. Of a person and of a condition nobody can tell what
 * would have been theirs, so it is said what runs that have not finished took.
 */
async function goneRecords(tx: Tx, target: Target, records: number): Promise<readonly string[]> {
  if (target.kind !== 'condition' && records === 0) {
    const run = await deletedBy(tx, target.table, keyText(target.ref.key));
    return [run ? `it was deleted by ${run.plan_id} before ${run.done_at}` : 'there is no such record'];
  }
  if (target.kind === 'record') return [];
  const record = target.kind === 'condition' ? (target.table.concept ?? '') : null;
  return (await unfinishedRuns(tx, record)).map(
    (run) => `${run.plan_id}, which has not finished, had deleted ${run.taken} ${run.record} records before`,
  );
}

/**
 * Lifts a hold. Only another person than the one who placed it may.
 * @throws LetheError `hold_unknown`, `hold_own`, `input_invalid` (no reason)
 */
export async function liftHold(
  { db, clock }: HoldContext,
  id: string,
  reason: string,
  actor: ActorName,
): Promise<{ readonly id: string }> {
  if (reason.trim() === '')
    throw new LetheError('input_invalid', { what: 'reason', reason: 'say why the hold is lifted' });
  return db.transaction(async (tx) => {
    await closeGate(tx);
    const hold = (await activeProtections(tx)).find((row) => row.id === id && row.kind === 'hold');
    if (!hold) throw new LetheError('hold_unknown', { hold: id });
    const liftedBy = await actorId(tx, actor.name);
    if (hold.placed_by === liftedBy) throw new LetheError('hold_own', { hold: id, actor: actor.name });
    await endProtection(tx, id, liftedBy, reason);
    await appendHoldEntry(tx, 'hold.lifted', id, liftedBy, clock, null);
    return { id };
  });
}

async function appendHoldEntry(
  tx: Tx,
  kind: 'hold.placed' | 'hold.lifted',
  hold: string,
  actor: string,
  clock: Clock,
  target: Target | null,
): Promise<void> {
  const named = target !== null && target.kind !== 'condition';
  await appendEntry(tx, {
    kind,
    at: clock.now(),
    actor,
    about: { hold, ...(target ? { scope: target.kind } : {}) },
    ...(named ? { names: [`${target.table.concept ?? ''}/${keyText(target.ref.key)}`] } : {}),
  });
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
