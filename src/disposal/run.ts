import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import type { Database, Tx } from '../db/database.js';
import { throughDoor } from '../db/disposal-door.js';
import { hasEncryption, pendingByPlan } from '../encryption/data-key-store.js';
import { destroyEnded } from '../encryption/destroy-keys.js';
import { destroyUnclaimedWhenDue } from '../encryption/unclaimed-keys.js';
import { appendEntry } from '../ledger/append.js';
import { runBatch } from './batch.js';
import { passBrake, type Brake } from './brake.js';
import { endLateKeys, ownersIn } from './ending-keys.js';
import type { Run } from './prepared-run.js';
import {
  busyCauses,
  markBusy,
  openChunks,
  progressOf,
  type BatchOutcome,
  type Progress,
} from './chunk-store.js';
import { crossing, LOCK_TIMEOUT, REFERRED_TO } from './crossing.js';
import { PartitionQueue, type PartitionTold } from './partition-queue.js';
import { findPlan, lockPlan, setPlanState, type PlanRow } from './plan-store.js';
import { sweepLateChildren } from './sweep.js';

/** A batch that another writer crosses is tried so often. */
const TRIES = 4;
const ROUNDS = 4;
const FIRST_PAUSE_MS = 150;
/** Parts of a chunk that may wait for a lock in vain before the rest is left for the next round: enough for two of 400. */
const MOST_WAITS = 20;

export interface ApplyWatch {
  readonly progress?: (progress: Progress) => void;
  /** Checked between batches; a run that stops so is resumed by the next apply. */
  readonly signal?: AbortSignal;
  /** Like `signal`, but the run is left as it is, for others who are at it or come later. */
  readonly leave?: AbortSignal;
  readonly brake?: Brake;
  /** How often chunks with busy records are tried, with a growing pause before each round; default 4. */
  readonly rounds?: number;
  /** What became of each attempt to take a partition as a whole. */
  readonly partition?: (told: PartitionTold) => void;
}

/**
 * Applies a plan to its end together with whoever else applies it: batches until no chunk is left, then the sweep. A run that a
 * brake sends to rest, or that is left, stays `applying`.
 * @throws LetheError `run_incomplete` when records stayed busy, `keys_pending` when their keys could not be destroyed yet,
 *   `keys_unclaimed` when the vault may have others of them that a restored database has forgotten; what was done stays done
 */
export async function applyBatches(db: Database, run: Run, watch: ApplyWatch): Promise<PlanRow> {
  const { id } = run.plan;
  if (!(await setPlanState(db, id, 'applying', null, run.startedAt))) throw await ended(db, id);
  const resting = new Set<number>();
  const partitions = await PartitionQueue.open(db, run);
  const leave = watch.leave ?? new AbortController().signal;
  const signal = watch.signal ? AbortSignal.any([watch.signal, leave]) : leave;
  for (let round = 1; !watch.signal?.aborted;) {
    if (!(await passBrake(db, id, { brake: watch.brake, signal }))) {
      if (watch.signal?.aborted) break;
      return findPlan(db, id);
    }
    if (await tryPartition(db, run, partitions, watch)) continue;
    const outcome = await tryBatch(db, run, [...resting]);
    if (watch.progress) watch.progress(await progressOf(db, id));
    if (outcome.kind === 'batch') {
      watch.brake?.spent(outcome.rows);
      if (outcome.busy > 0) resting.add(outcome.chunk);
    } else if (resting.size > 0 && round < (watch.rounds ?? ROUNDS)) {
      // first everything else, then what was busy
      await wait(FIRST_PAUSE_MS * 2 ** round);
      round += 1;
      resting.clear();
    } else {
      if ((await openChunks(db, id, [...resting])) === 0) break;
      await wait(FIRST_PAUSE_MS); // another process holds the rest
    }
  }
  return finish(db, run);
}

/** The next partition that may go as a whole; false when there is none. */
async function tryPartition(
  db: Database,
  run: Run,
  partitions: PartitionQueue,
  watch: ApplyWatch,
): Promise<boolean> {
  try {
    const told = await partitions.tryNext();
    if (told === null) return false;
    watch.partition?.(told);
    if (told.outcome.kind === 'dropped') watch.brake?.spent(told.outcome.touched);
    watch.progress?.(await progressOf(db, run.plan.id));
    return true;
  } catch (error) {
    throw await failed(db, run, error);
  }
}

/** One batch; when another writer crosses it again and again, it is taken apart. */
async function tryBatch(db: Database, run: Run, resting: readonly number[]): Promise<BatchOutcome> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await runBatch(db, run, { resting });
    } catch (error) {
      const state = crossing(error);
      if (state === null) throw await failed(db, run, error);
      // who waited for a lock in vain has waited long enough
      if (attempt === TRIES || state === LOCK_TIMEOUT) return takeApart(db, run, resting, state);
      await wait(FIRST_PAUSE_MS * attempt * (1 + Math.random()));
    }
  }
}

/** Does a chunk's records in ever smaller parts, so that a row in somebody's hands keeps its own record alone waiting. */
async function takeApart(
  db: Database,
  run: Run,
  resting: readonly number[],
  cause: string,
): Promise<BatchOutcome> {
  const chunk = await markBusy(db, run.plan.id, run.closure.root, { resting }, cause);
  if (!chunk) return { kind: 'none' };
  const parts = halves(chunk.keys);
  let taken = 0;
  let rows = 0;
  let busy = chunk.keys.length;
  for (let waits = 0; waits < MOST_WAITS;) {
    const keys = parts.shift();
    if (!keys) break;
    try {
      const outcome = await runBatch(db, run, { resting: [], part: { chunk: chunk.no, keys } });
      if (outcome.kind === 'none') break; // another process has claimed it
      taken += outcome.taken;
      rows += outcome.rows;
      busy -= keys.length - outcome.busy;
    } catch (error) {
      const state = crossing(error);
      if (state === null) throw await failed(db, run, error);
      if (state !== REFERRED_TO) waits += 1;
      parts.unshift(...halves(keys)); // depth first: the records that can go go, however many cannot
    }
  }
  return { kind: 'batch', chunk: chunk.no, taken, rows, busy };
}

/** Two halves; a single key cannot be divided. */
function halves(keys: readonly string[]): (readonly string[])[] {
  const middle = Math.ceil(keys.length / 2);
  return keys.length < 2 ? [] : [keys.slice(0, middle), keys.slice(middle)];
}

async function failed(
  db: Database,
  { plan, clock }: Pick<Run, 'plan' | 'clock'>,
  error: unknown,
): Promise<unknown> {
  const failure = error instanceof LetheError ? `${error.code}: ${error.message}` : 'unexpected error';
  try {
    await setPlanState(db, plan.id, 'failed', failure, clock.now());
  } catch {
    // the database is away: the state is set by the next apply, and the error below is what counts
  }
  return error;
}

/** Sweeps late children, then marks the run done, once, whoever comes first; what could not be done leaves it incomplete. */
async function finish(db: Database, run: Run): Promise<PlanRow> {
  const { plan, actor, clock } = run;
  const { open_chunks, busy_chunks, busy } = await progressOf(db, plan.id);
  if (Number(open_chunks) > 0) return incomplete(db, run, busy, 'interrupted');
  if (Number(busy_chunks) > 0) return incomplete(db, run, busy, await whyBusy(db, plan.id));
  const unswept = await sweepLateChildren(db, run);
  if (unswept > 0)
    return incomplete(db, run, unswept, 'they came late to deleted records, and are in use or protected');
  await endLateKeys(db, run);
  const reason = await whyNot(db, run, () => destroyOwn(db, run));
  if (reason !== null) return keysLeft(db, run, reason);
  const forgotten = await whyNot(db, run, () => destroyForgotten(db, run));
  if (forgotten !== null) return keysForgotten(db, run, forgotten);
  await throughDoor(db, (tx) => markDone(tx, plan.id, actor, clock));
  return finished(db, plan.id);
}

/** What the batches of all who were at it have ended. */
const destroyOwn = (db: Database, { plan, keys, actor, clock }: Run): Promise<number> =>
  destroyEnded({ db, clock, keys, actor }, plan.id);

/**
 * A key of one of these records that a restored database has forgotten would read the backups in which they are still: the
 * certificate says that nothing does.
 */
async function destroyForgotten(db: Database, run: Run): Promise<void> {
  const { keys, vault, actor, clock } = run;
  if (!keys || !vault || ownersIn(run).length === 0 || !(await hasEncryption(db))) return;
  await destroyUnclaimedWhenDue({ db, clock, keys, vault, actor });
}

/** Why keys could not be destroyed; null: none of them is left. */
async function whyNot(
  db: Database,
  { plan, clock }: Run,
  destroy: () => Promise<unknown>,
): Promise<string | null> {
  try {
    await destroy();
    return null;
  } catch (error) {
    if (error instanceof LetheError && error.code !== 'database_unreachable') return error.message;
    throw await failed(db, { plan, clock }, error);
  }
}

/** @throws LetheError `keys_pending`, unless somebody else has finished the plan meanwhile */
async function keysLeft(db: Database, { plan: { id }, clock }: Run, reason: string): Promise<PlanRow> {
  const keys = (await pendingByPlan(db)).get(id)?.keys ?? 0;
  const what = `${keys} keys not destroyed: ${reason}`;
  if (!(await setPlanState(db, id, 'incomplete', what, clock.now()))) return finished(db, id);
  throw new LetheError('keys_pending', { plan: id, keys, reason });
}

/** @throws LetheError `keys_unclaimed`, unless somebody else has finished the plan meanwhile */
async function keysForgotten(db: Database, { plan: { id }, clock }: Run, reason: string): Promise<PlanRow> {
  const what = `keys that the database does not know of may be in the vault: ${reason}`;
  if (!(await setPlanState(db, id, 'incomplete', what, clock.now()))) return finished(db, id);
  throw new LetheError('keys_unclaimed', { plan: id, reason });
}

async function markDone(tx: Tx, planId: string, actor: string, clock: Clock): Promise<void> {
  const plan = await lockPlan(tx, planId);
  if (!(await setPlanState(tx, planId, 'done', null, clock.now()))) return;
  const { taken, items } = await progressOf(tx, planId);
  await appendEntry(tx, {
    kind: 'retention.finished',
    at: clock.now(),
    actor,
    about: { plan: planId, policy: plan.policy },
    counts: { items: Number(items), taken: Number(taken) },
    digests: { plan: plan.digest, map: plan.map_digest },
  });
}

/** @throws LetheError `run_incomplete`, unless somebody else has finished the plan meanwhile */
async function incomplete(
  db: Database,
  { plan: { id }, clock }: Run,
  busy: string | number,
  state: string,
): Promise<PlanRow> {
  const what = `${busy} records busy, ${state}`;
  if (!(await setPlanState(db, id, 'incomplete', what, clock.now()))) return finished(db, id);
  throw new LetheError('run_incomplete', { plan: id, busy, state });
}

/** @throws LetheError `plan_finished` when it was withdrawn meanwhile */
async function finished(db: Database, id: string): Promise<PlanRow> {
  const plan = await findPlan(db, id);
  if (plan.state !== 'done') throw await ended(db, id);
  return plan;
}

/** Nobody goes on with a plan that is done or withdrawn. */
const ended = async (db: Database, id: string): Promise<LetheError> =>
  new LetheError('plan_finished', { plan: id, state: (await findPlan(db, id)).state });

const whyBusy = async (db: Database, planId: string): Promise<string> =>
  (await busyCauses(db, planId)).includes(REFERRED_TO)
    ? 'rows that the data map does not reach refer to them, see `lethe doctor`'
    : 'in use elsewhere';
