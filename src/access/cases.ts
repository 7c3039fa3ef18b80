import type { Actor } from '../core/actor.js';
import type { Clock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import { newId } from '../core/ids.js';
import type { Instant } from '../core/instant.js';
import type { Database, Tx } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { MapGraph } from '../datamap/graph.js';
import { keyText, parseRecord } from '../datamap/record-ref.js';
import { actorId } from '../ledger/actor-directory.js';
import { appendEntry } from '../ledger/append.js';
import {
  allCases,
  CASE_KINDS,
  insertCase,
  lockCase,
  stateOf,
  targetOf,
  type CaseKind,
  type CaseRow,
  type CaseState,
} from './case-store.js';
import { daysAfter, givenActor, givenMoment, givenWords } from './moments.js';

/** A case is about one record, or about one actor; instants are RFC 3339 or a day. */
export interface CaseOrder {
  readonly kind: CaseKind;
  readonly reason: string;
  /** `ticket/77` */
  readonly record?: string | undefined;
  /** `agent/7` */
  readonly actor?: string | undefined;
  /** The period of the log it is about: by default from 30 days ago, until it ends (of an actor: until now). */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Days until it ends by itself: 30, at most 90. */
  readonly days?: number | undefined;
}

export interface CaseContext {
  readonly db: Database;
  readonly graph: MapGraph;
  readonly clock: Clock;
}

const DAYS = 30;
const MOST_DAYS = 90;
/** Watching one person's every step for longer is no occasion any more (BAG 25.4.2017, 1 ABR 46/15). */
const ACTOR_DAYS = 31;
const LEFT_TO = 'must be a whole number of days, at most 90';

/**
 * Opens a case; it lets nobody see anything until a second person has confirmed it.
 * @throws LetheError `input_invalid`
 */
export async function openCase(
  context: CaseContext,
  order: CaseOrder,
  actor: Actor,
): Promise<{ readonly id: string }> {
  const at = context.clock.now();
  const about = whatAbout(context.graph, order);
  const period = periodOf(order, at);
  const reason = givenWords('reason', order.reason, 'say why somebody must know who it was');
  if (!CASE_KINDS.includes(order.kind))
    throw new LetheError('input_invalid', { what: 'kind', reason: `it is ${CASE_KINDS.join(', ')}` });
  return context.db.transaction(async (tx) => {
    const by = await actorId(tx, actor.name);
    const made = { id: newId('case'), kind: order.kind, reason, ...about, ...period };
    await insertCase(tx, { ...made, opened_by: by, opened_roles: actor.roles, opened_at: at });
    await enter(tx, { kind: 'access.case-opened', at, actor: by, of: made, word: order.kind });
    return { id: made.id };
  });
}

type About = Pick<CaseRow, 'record' | 'key' | 'actor'>;

function whatAbout(graph: MapGraph, { record, actor }: CaseOrder): About {
  if ((record === undefined) === (actor === undefined))
    throw new LetheError('input_invalid', {
      what: 'case',
      reason: 'it is about one record, or about one actor',
    });
  if (record === undefined) return { record: null, key: null, actor: givenActor(actor ?? '') };
  const { table, key } = parseRecord(graph, record);
  return { record: table.concept ?? table.id, key: keyText(key), actor: null };
}

function periodOf(order: CaseOrder, now: Instant): Pick<CaseRow, 'from_at' | 'to_at' | 'ends_at'> {
  const { days = DAYS } = order;
  if (!Number.isInteger(days) || days < 1 || days > MOST_DAYS)
    throw new LetheError('input_invalid', { what: 'days', reason: LEFT_TO });
  const ends_at = daysAfter(now, days);
  const from_at = givenMoment('from', order.from) ?? daysAfter(now, -DAYS);
  const to_at = givenMoment('to', order.to) ?? (order.actor === undefined ? ends_at : now);
  const invalid = (reason: string): LetheError => new LetheError('input_invalid', { what: 'period', reason });
  if (from_at >= to_at) throw invalid('it must begin before it ends');
  if (order.actor !== undefined && daysAfter(from_at, ACTOR_DAYS) < to_at)
    throw invalid(`what one actor did may be looked at for ${ACTOR_DAYS} days at most`);
  return { from_at, to_at, ends_at };
}

/**
 * The second person: another one than who opened it, and one of the two a data protection officer.
 * @throws LetheError `case_unknown`, `case_own`, `case_without_officer`, `case_not_open`
 */
export async function confirmCase(
  { db, clock }: CaseContext,
  id: string,
  actor: Actor,
): Promise<{ readonly id: string }> {
  return db.transaction(async (tx) => {
    const [by, at] = [await actorId(tx, actor.name), clock.now()];
    const row = await lockCase(tx, id);
    requireState(row, 'waiting', at);
    if (row.opened_by === by) throw new LetheError('case_own', { case: id, actor: actor.name });
    if (![...row.opened_roles, ...actor.roles].includes('data-protection-officer'))
      throw new LetheError('case_without_officer', { case: id });
    await tx.query(sql`
      update lethe.access_case set confirmed_by = ${by}, confirmed_at = ${at}::timestamptz where id = ${id}`);
    await enter(tx, { kind: 'access.case-confirmed', at, actor: by, of: row, word: row.kind });
    return { id };
  });
}

/**
 * Ends a case, confirmed or not.
 * @throws LetheError `case_unknown`, `case_not_open`
 */
export async function closeCase(
  { db, clock }: CaseContext,
  id: string,
  actor: Actor,
): Promise<{ readonly id: string }> {
  return db.transaction(async (tx) => {
    const [by, at] = [await actorId(tx, actor.name), clock.now()];
    const row = await lockCase(tx, id);
    if (row.closed_at !== null) throw notOpen(id, 'closed');
    await tx.query(sql`
      update lethe.access_case set closed_by = ${by}, closed_at = ${at}::timestamptz where id = ${id}`);
    await enter(tx, { kind: 'access.case-closed', at, actor: by, of: row, word: row.kind });
    return { id };
  });
}

/** @throws LetheError `case_not_open` */
export function requireState(row: CaseRow, wanted: CaseState, now: Instant): void {
  const state = stateOf(row, now);
  if (state !== wanted) throw notOpen(row.id, state);
}

const STATES: Readonly<Record<CaseState, string>> = {
  waiting: 'waits for a second person to confirm it (`lethe access confirm`)',
  open: 'is confirmed already',
  closed: 'is closed',
  ended: 'has ended',
};

const notOpen = (id: string, state: CaseState): LetheError =>
  new LetheError('case_not_open', { case: id, state: STATES[state] });

interface CaseEntry {
  readonly kind: string;
  readonly at: Instant;
  /** Actor id. */
  readonly actor: string;
  readonly of: About & Pick<CaseRow, 'id'>;
  /** Kind of the case. */
  readonly word: string;
}

async function enter(tx: Tx, { kind, at, actor, of, word }: CaseEntry): Promise<void> {
  await appendEntry(tx, { kind, at, actor, about: { case: of.id, kind: word }, names: [targetOf(of)] });
}

export interface CaseSummary {
  readonly id: string;
  readonly kind: CaseKind;
  readonly state: CaseState;
  /** `ticket/77`, `agent/7`; null once the case is over: it names nobody any more. */
  readonly about: string | null;
  readonly openedAt: Instant;
  readonly endsAt: Instant;
}

/** Every case, oldest first. */
export async function listCases({ db, clock }: CaseContext): Promise<readonly CaseSummary[]> {
  const now = clock.now();
  return (await allCases(db)).map((row) => {
    const state = stateOf(row, now);
    const isOver = state === 'closed' || state === 'ended';
    return {
      id: row.id,
      kind: row.kind,
      state,
      about: isOver ? null : targetOf(row),
      openedAt: row.opened_at,
      endsAt: row.ends_at,
    };
  });
}
