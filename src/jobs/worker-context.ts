import type { ActorName } from '../core/actor.js';
import type { Instant } from '../core/instant.js';
import type { Brake } from '../disposal/brake.js';
import type { Engine } from '../engine.js';
import { silentLog, type Log } from '../log/log.js';

/** What a worker works with. */
export interface WorkerContext {
  readonly engine: Engine;
  readonly actor: ActorName;
  readonly log: Log;
  readonly brake: Brake | undefined;
  /** Asks it to end after the batch that runs. */
  readonly leave: AbortSignal;
  /** From when on slots count of policies that were never published: when the worker began. */
  readonly watchedSince: Instant;
}

export type WorkerOptions = Partial<Omit<WorkerContext, 'engine' | 'actor'>>;

export const workerContext = (
  engine: Engine,
  actor: ActorName,
  options: WorkerOptions = {},
): WorkerContext => ({
  engine,
  actor,
  log: silentLog,
  brake: undefined,
  leave: new AbortController().signal,
  watchedSince: engine.clock.now(),
  ...options,
});
