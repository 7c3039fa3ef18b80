import type { ActorName } from '../core/actor.js';
import type { Engine } from '../engine.js';
import type { PlanStatus } from '../retention/status.js';
import { advanceJobs, isApproved, type JobDone } from './advance-jobs.js';
import { claimSlots } from './claim-slots.js';
import { isAway, told } from './failure.js';
import { workerContext, type WorkerContext, type WorkerOptions } from './worker-context.js';

/** A plan that was applied, a job that did not simply go on, or work on keys that failed: job `destruction` or `epochs` of `keys`. */
export type WorkDone = RunDone | JobDone;

export interface RunDone {
  readonly plan: string;
  /**
   * `done`, `resting` (a brake holds it), `stopped` (this worker was asked to end), or the code of the error that stopped it.
   */
  readonly outcome: string;
  readonly message?: string;
}

/** Whether somebody has to look at it: a job that waits or was left out is not wrong, `lethe status` tells of it. */
export const hasFailed = (done: WorkDone): boolean =>
  'plan' in done ? done.message !== undefined : done.outcome !== 'waiting' && done.outcome !== 'skipped';

/** One round: slots become jobs, jobs plans, approved plans runs. */
export const workOnce = (
  engine: Engine,
  actor: ActorName,
  options: WorkerOptions = {},
): Promise<readonly WorkDone[]> => workRound(workerContext(engine, actor, options));

/**
 * Plans what the schedules ask for, applies every approved plan and resumes every interrupted one, one after the other. Plans that
 * others work on are joined, not taken over: chunks are claimed by row locks, so a killed process frees its own at once.
 * @throws LetheError `database_unreachable`; everything else stops its own job or plan alone
 */
export async function workRound(context: WorkerContext): Promise<readonly WorkDone[]> {
  const { engine, leave } = context;
  await enqueue(context);
  const done: WorkDone[] = [...(await advanceJobs(context))];
  for (const plan of (await engine.retention.unfinished()).filter((one) => isReady(one, engine))) {
    if (leave.aborted) break;
    done.push(await applyOne(context, plan));
  }
  done.push(...(await advanceJobs(context)), ...(await destroyKeys(context)), ...(await tendEpochs(context)));
  await seal(context); // also what holds and approvals wrote since the last round
  return done;
}

/** Slots that have come become jobs; this alone is what node-cron's tick asks for. */
export async function enqueue({ engine, log, leave, watchedSince }: WorkerContext): Promise<void> {
  if (leave.aborted) return;
  const policies = await engine.policiesInForce();
  const made = await claimSlots({ db: engine.db, policies, now: engine.clock.now(), watchedSince });
  for (const { policy, slot, state } of made) log.info('job.made', { policy, slot, state });
}

const isReady = (plan: PlanStatus, { clock }: Engine): boolean =>
  isApproved(plan) && plan.asOf <= clock.now();

async function applyOne(context: WorkerContext, plan: PlanStatus): Promise<RunDone> {
  const done = await outcomeOf(context, plan);
  const { policy, items } = plan;
  if (done.message === undefined)
    context.log.info('run.ended', { plan: plan.id, policy, items, outcome: done.outcome });
  return done;
}

async function outcomeOf(
  { engine, actor, leave, brake, log }: WorkerContext,
  { id: plan, policy }: PlanStatus,
): Promise<RunDone> {
  try {
    const { state } = await engine.retention.apply(plan, actor, { leave, ...(brake && { brake }) });
    if (state === 'done') return { plan, outcome: 'done' };
    return { plan, outcome: leave.aborted ? 'stopped' : 'resting' };
  } catch (error) {
    if (isAway(error)) throw error;
    const { code, message } = told(error);
    // somebody else finished it between our look and our try
    if (code === 'plan_finished') return { plan, outcome: 'done' };
    log.error('run.failed', error, { plan, policy });
    return { plan, outcome: code, message };
  }
}

/** Work on keys that failed, told as a job is; the next round tries it again. */
const undone = (job: 'destruction' | 'epochs', error: unknown): readonly JobDone[] => {
  const { code: outcome, message } = told(error);
  return [{ job, policy: 'keys', outcome, message }];
};

/** What no run of its own destroys any more: of withdrawn and replayed ones, and what an older copy of the vault has again. */
async function destroyKeys({ engine, actor, log }: WorkerContext): Promise<readonly JobDone[]> {
  try {
    const keys = await engine.retention.destroyKeys(actor);
    if (keys > 0) log.info('keys.destroyed', { keys });
    return [];
  } catch (error) {
    if (isAway(error)) throw error;
    log.error('keys.pending', error, {});
    return undone('destruction', error);
  }
}

/** A new epoch where one is due and nothing brakes; the end of those that are empty for long enough. */
async function tendEpochs(context: WorkerContext): Promise<readonly JobDone[]> {
  const { engine, actor, log, brake, leave } = context;
  if (leave.aborted) return [];
  try {
    const mayRotate = (await brake?.ask())?.kind !== 'rest';
    const { moved, indexed, retired } = await engine.keys.tend(actor, { mayRotate, signal: leave });
    if (indexed !== null) log.info('index.rotated', { people: indexed });
    if (moved !== null) log.info('epoch.rotated', { keys: moved });
    if (retired > 0) log.info('epoch.retired', { epochs: retired });
    return [];
  } catch (error) {
    if (isAway(error)) throw error;
    // asked to leave in the middle: the next worker goes on; another process at it: nothing to do
    if (isLeaving(leave) || told(error).code === 'rotation_running') return [];
    log.error('epoch.due', error);
    return undone('epochs', error);
  }
}

const isLeaving = ({ aborted }: AbortSignal): boolean => aborted;

async function seal({ engine, log }: WorkerContext): Promise<void> {
  if (!engine.hasVault) return;
  const { blocks, entries } = await engine.ledger.seal();
  if (entries > 0) log.info('ledger.sealed', { entries, blocks });
}
