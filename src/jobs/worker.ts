import type { ActorName } from '../core/actor.js';
import { LetheError } from '../core/errors.js';
import type { Engine } from '../engine.js';
import type { PlanStatus } from '../retention/status.js';

export interface WorkDone {
  readonly plan: string;
  /** `done`, or the code of the error that stopped it. */
  readonly outcome: string;
  readonly message?: string;
}

/**
 * Applies every approved plan and resumes every interrupted one, one after the other. Plans that others work on are
 * joined, not taken over: chunks are claimed by row locks, so a killed process frees its own at once.
 */
export async function workOnce(
  engine: Engine,
  actor: ActorName,
  signal?: AbortSignal,
): Promise<readonly WorkDone[]> {
  const done: WorkDone[] = [];
  for (const plan of (await engine.retention.status()).filter((plan) => isReady(plan, engine)).toReversed()) {
    if (signal?.aborted) break;
    done.push(await applyOne(engine, plan.id, actor, signal));
  }
  if (engine.hasVault) await engine.ledger.seal(); // also what holds and approvals wrote since the last run
  return done;
}

const isReady = ({ state, approvals, asOf }: PlanStatus, { clock }: Engine): boolean =>
  state !== 'done' && approvals.given >= approvals.needed && asOf <= clock.now();

async function applyOne(
  engine: Engine,
  plan: string,
  actor: ActorName,
  signal?: AbortSignal,
): Promise<WorkDone> {
  try {
    await engine.retention.apply(plan, actor, signal ? { signal } : {});
    return { plan, outcome: 'done' };
  } catch (error) {
    if (!(error instanceof LetheError)) throw error;
    // somebody else finished it between our look and our try
    if (error.code === 'plan_finished') return { plan, outcome: 'done' };
    return { plan, outcome: error.code, message: error.message };
  }
}
