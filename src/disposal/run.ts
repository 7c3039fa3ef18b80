import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import type { Database, Tx } from '../db/database.js';
import { sqlstateOf } from '../db/failures.js';
import { throughDoor } from '../db/disposal-door.js';
import { appendEntry } from '../ledger/append.js';
import { runBatch, type Run } from './batch.js';
import { markBusy, openChunks, progressOf, type BatchOutcome, type Progress } from './chunk-store.js';
import { findPlan, lockPlan, setPlanState, type PlanRow } from './plan-store.js';
import { sweepLateChildren } from './sweep.js';

/** A batch that another writer crosses is tried so often; chunks with busy records get so many rounds, with a growing pause. */
const TRIES = 4;
const ROUNDS = 4;
const FIRST_PAUSE_MS = 150;

/** Another writer got in the way; the batch was rolled back and can be tried again. */
const PASSING: ReadonlySet<string> = new Set(['23503', '40001', '40P01', '55P03']);

export interface ApplyWatch {
  readonly progress?: (progress: Progress) => void;
  /** Checked between batches; a run that stops so is resumed by the next apply. */
  readonly signal?: AbortSignal;
}

/**
 * Applies a plan to its end together with whoever else applies it: batches until no chunk is left, then the sweep.
 * @throws LetheError `run_incomplete` when records stayed busy; what was done stays done
 */
export async function applyBatches(db: Database, run: Run, watch: ApplyWatch): Promise<PlanRow> {
  const { id, state } = run.plan;
  if (!(await setPlanState(db, id, 'applying', null))) throw new LetheError('plan_finished', { plan: id, state });
  const resting = new Set<number>();
  for (let round = 1; !watch.signal?.aborted;) {
    const outcome = await tryBatch(db, run, [...resting]);
    if (watch.progress) watch.progress(await progressOf(db, id));
    if (outcome.kind === 'batch') {
      if (outcome.busy > 0) resting.add(outcome.chunk);
    } else if (resting.size > 0 && round < ROUNDS) {
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

/** One batch; when another writer crosses it again and again its records count as busy. */
async function tryBatch(db: Database, run: Run, tired: readonly number[]): Promise<BatchOutcome> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await runBatch(db, run, tired);
    } catch (error) {
      const state = sqlstateOf(error);
      if (state === undefined || !PASSING.has(state)) throw await failed(db, run, error);
      if (attempt === TRIES) return markBusy(db, run.plan.id, run.closure.root, tired, state);
      await wait(FIRST_PAUSE_MS * attempt * (1 + Math.random()));
    }
  }
}

async function failed(db: Database, { plan }: Run, error: unknown): Promise<unknown> {
  const failure = error instanceof LetheError ? `${error.code}: ${error.message}` : 'unexpected error';
  try {
    await setPlanState(db, plan.id, 'failed', failure);
  } catch {
    // the database is away: the state is set by the next apply, and the error below is what counts
  }
  return error;
}

/** Sweeps late children, then marks the run done, once, whoever comes first; busy records leave it incomplete. */
async function finish(db: Database, run: Run): Promise<PlanRow> {
  const { plan, actor, clock } = run;
  const progress = await progressOf(db, plan.id);
  if (Number(progress.open_chunks) + Number(progress.busy_chunks) > 0) return incomplete(db, plan, progress);
  const unswept = await sweepLateChildren(db, run);
  if (unswept > 0) return incomplete(db, plan, { ...progress, busy: String(unswept) });
  await throughDoor(db, (tx) => markDone(tx, plan.id, actor, clock));
  return findPlan(db, plan.id);
}

async function markDone(tx: Tx, planId: string, actor: string, clock: Clock): Promise<void> {
  const plan = await lockPlan(tx, planId);
  if (plan.state === 'done') return;
  await setPlanState(tx, planId, 'done', null);
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
async function incomplete(db: Database, plan: PlanRow, { busy, open_chunks }: Progress): Promise<PlanRow> {
  const state = Number(open_chunks) > 0 ? 'interrupted' : 'in use elsewhere';
  if (!(await setPlanState(db, plan.id, 'incomplete', `${busy} records busy, ${state}`)))
    return findPlan(db, plan.id);
  throw new LetheError('run_incomplete', { plan: plan.id, busy, state });
}
