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

/** A chunk whose records stay busy is tried so often by one process, with a growing pause before each try. */
const TRIES = 4;
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
  await setPlanState(db, run.plan.id, 'applying', null);
  const tries = new Map<number, number>();
  while (!watch.signal?.aborted) {
    const tired = [...tries].filter(([, count]) => count >= TRIES).map(([no]) => no);
    const outcome = await tryBatch(db, run, tired);
    if (watch.progress) watch.progress(await progressOf(db, run.plan.id));
    if (outcome.kind === 'none') {
      if ((await openChunks(db, run.plan.id, tired)) === 0) break;
      await wait(FIRST_PAUSE_MS); // another process holds the rest
    } else if (outcome.busy > 0) {
      const count = (tries.get(outcome.chunk) ?? 0) + 1;
      tries.set(outcome.chunk, count);
      await wait(FIRST_PAUSE_MS * 2 ** count);
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
  if (Number(progress.open_chunks) + Number(progress.busy_chunks) > 0)
    throw await incomplete(db, plan, progress);
  const unswept = await sweepLateChildren(db, run);
  if (unswept > 0) throw await incomplete(db, plan, { ...progress, busy: String(unswept) });
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

async function incomplete(db: Database, plan: PlanRow, { busy, open_chunks }: Progress): Promise<LetheError> {
  const state = Number(open_chunks) > 0 ? 'interrupted' : 'in use elsewhere';
  await setPlanState(db, plan.id, 'incomplete', `${busy} records busy, ${state}`);
  return new LetheError('run_incomplete', { plan: plan.id, busy, state });
}
