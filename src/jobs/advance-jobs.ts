import type { ErrorCode } from '../core/error-codes.js';
import { LetheError } from '../core/errors.js';
import type { RetentionPolicy } from '../policy/retention-policy.js';
import type { PlanStatus } from '../retention/status.js';
import { isAway, told } from './failure.js';
import {
  countAttempt,
  finishJobs,
  moveJob,
  planOfSlot,
  unfinishedJobs,
  type JobMove,
  type JobRow,
} from './job-store.js';
import type { WorkerContext } from './worker-context.js';

/** Planning that fails so often fails the job. */
const MOST_ATTEMPTS = 5;
const CHANGED = 'its policy or the data map has changed since';

/** Jobs as they stand, and what they are decided by: read once a round, brought up to date with every plan that is made. */
interface Board {
  readonly policies: readonly RetentionPolicy[];
  plans: readonly PlanStatus[];
}

/** A job that waits, was left out or failed; or that could not be planned yet: then the outcome is the error's code. */
export interface JobDone {
  readonly job: string;
  readonly policy: string;
  readonly outcome: string;
  readonly message?: string;
}

/**
 * Takes every job a step further: open ones are planned, waiting ones go on when they are approved, finished ones end. Each step
 * is a row that moves on from the state it was seen in, so workers may do this side by side, and a killed one leaves nothing half.
 */
export async function advanceJobs(context: WorkerContext): Promise<readonly JobDone[]> {
  const { engine, log } = context;
  for (const job of await finishJobs(engine.db, engine.clock.now()))
    log.info('job.moved', moved(job, 'done'));
  const jobs = await unfinishedJobs(engine.db);
  if (jobs.length === 0) return [];
  const board: Board = {
    policies: await engine.policiesInForce(),
    plans: await engine.retention.unfinished(),
  };
  const held = new Set<string>();
  const done: JobDone[] = [];
  for (const job of jobs) {
    if (context.leave.aborted) break;
    // a later slot of a policy waits until the earlier one is decided
    if (job.state === 'open' && held.has(job.policy)) continue;
    const move = await nextMove(context, board, job, done);
    if (move === null) held.add(job.policy);
    else if (move !== 'stay' && (await take(context, job, move))) done.push(...ended(job, move));
  }
  return done;
}

const ended = ({ id: job, policy }: JobRow, { state: outcome, message }: JobMove): readonly JobDone[] =>
  outcome === 'applying' || outcome === 'done' || message === null ? [] : [{ job, policy, outcome, message }];

const moved = ({ id, policy, slot, plan_id }: JobRow, state: string): object => ({
  job: id,
  policy,
  slot,
  state,
  ...(plan_id === null ? {} : { plan: plan_id }),
});

async function take({ engine, log }: WorkerContext, job: JobRow, move: JobMove): Promise<boolean> {
  if (!(await moveJob(engine.db, job, move, engine.clock.now()))) return false;
  const fields = { ...moved(job, move.state), ...(move.plan ? { plan: move.plan } : {}) };
  if (move.state === 'waiting') log.warn('plan.waiting', fields);
  else if (move.state === 'skipped' || move.state === 'failed') log.warn('job.moved', fields);
  else log.info('job.moved', fields);
  return true;
}

/** Null: it cannot be decided now. */
async function nextMove(
  context: WorkerContext,
  board: Board,
  job: JobRow,
  done: JobDone[],
): Promise<JobMove | 'stay' | null> {
  try {
    return job.state === 'open' ? await planned(context, board, job) : await followed(context, board, job);
  } catch (error) {
    if (isAway(error)) throw error;
    if (error instanceof LetheError && AT_IT.includes(error.code)) return null; // another worker is
    context.log.error('job.failed', error, moved(job, job.state));
    const { code, message } = told(error);
    const attempts = await countAttempt(context.engine.db, job, message);
    if (attempts >= MOST_ATTEMPTS) return { state: 'failed', message };
    done.push({ job: job.id, policy: job.policy, outcome: code, message });
    return null;
  }
}

const AT_IT: readonly string[] = ['plan_underway', 'plan_running', 'plan_finished'] satisfies ErrorCode[];

/** An open job: its plan is made, unless an earlier one is still in the way. */
async function planned(context: WorkerContext, board: Board, job: JobRow): Promise<JobMove> {
  const { engine, actor } = context;
  const policy = board.policies.find(({ id }) => id === job.policy);
  if (!policy?.schedule)
    return {
      state: 'skipped',
      message: policy ? 'the policy has no schedule any more' : 'the policy is no longer in force',
    };
  const made = await planOfSlot(engine.db, job);
  if (made === null) {
    const obstacle = await inTheWay(context, board, job);
    if (obstacle !== null) return { state: 'skipped', message: obstacle };
    await engine.retention.planSlot(job.policy, job.slot, actor);
    board.plans = await engine.retention.unfinished();
  }
  const id = made ?? (await planOfSlot(engine.db, job));
  const plan = board.plans.find((other) => other.id === id);
  return { ...(plan ? ofPlan(plan) : { state: 'applying', message: null }), plan: id };
}

/** A job with a plan goes where the plan goes. */
async function followed(context: WorkerContext, board: Board, job: JobRow): Promise<JobMove | 'stay'> {
  const plan = board.plans.find(({ id }) => id === job.plan_id);
  // done is seen by finishJobs, at the latest in the next round
  if (!plan)
    return (await isWithdrawn(context, job))
      ? { state: 'skipped', message: 'its plan was withdrawn' }
      : 'stay';
  if (plan.isStale) {
    await withdraw(context, plan);
    const message = `${CHANGED}; plan ${plan.id} was withdrawn after ${plan.deleted} of ${plan.items} records`;
    return { state: plan.state === 'planned' ? 'skipped' : 'failed', message };
  }
  const move = ofPlan(plan);
  return move.state === job.state ? 'stay' : move;
}

const ofPlan = (plan: PlanStatus): JobMove =>
  isApproved(plan)
    ? { state: 'applying', message: null }
    : { state: 'waiting', message: `plan ${plan.id} waits for approval` };

/** A run that has begun had its approvals then. */
export const isApproved = ({ approvals }: PlanStatus): boolean => approvals.given >= approvals.needed;

async function isWithdrawn({ engine }: WorkerContext, { plan_id }: JobRow): Promise<boolean> {
  const plans = await engine.retention.status();
  return plans.some(({ id, state }) => id === plan_id && state === 'withdrawn');
}

/**
 * An earlier plan of the schedule that waits, or a run of the policy that goes on: no two at once. One that nobody can approve or
 * finish any more, because the policy has changed, is withdrawn.
 */
async function inTheWay(context: WorkerContext, board: Board, job: JobRow): Promise<string | null> {
  const others = board.plans.filter(
    ({ policy, slot, state }) => policy === job.policy && (slot !== null || state !== 'planned'),
  );
  for (const plan of others) {
    if (plan.isStale) await withdraw(context, plan);
    else if (!isApproved(plan)) return `plan ${plan.id} still waits for approval`;
    else return `the run of plan ${plan.id} is still going on`;
  }
  return null;
}

async function withdraw({ engine, actor, log }: WorkerContext, plan: PlanStatus): Promise<void> {
  await engine.retention.withdraw(plan.id, actor, CHANGED);
  log.warn('plan.withdrawn', { plan: plan.id, policy: plan.policy, taken: plan.deleted, items: plan.items });
}
