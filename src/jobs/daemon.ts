import type { ActorName } from '../core/actor.js';
import { LetheError } from '../core/errors.js';
import type { Instant } from '../core/instant.js';
import { everyMinute } from '../core/ticker.js';
import type { Engine } from '../engine.js';
import { brakesOf, type BrakeSettings } from './brakes.js';
import { isAway } from './failure.js';
import type { Log } from '../log/log.js';
import { pause } from './pause.js';
import { enqueue, workRound } from './worker.js';
import type { WorkerContext } from './worker-context.js';

export interface DaemonOptions {
  /** Opens the engine; again after the database was away, so that database and vault are compared again. */
  readonly open: () => Promise<Engine>;
  readonly actor: ActorName;
  readonly log: Log;
  readonly brakes: BrakeSettings;
  /** Asks it to end after the batch that runs. */
  readonly leave: AbortSignal;
  /** Milliseconds between rounds in which nothing wakes it; default: a minute. */
  readonly roundEvery?: number;
}

const MINUTE_MS = 60_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;

/**
 * Works until it is asked to leave: every minute of node-cron's clock slots become jobs, and a round does what there is to do. A
 * database that goes away is waited for; nothing is lost by that, or by a kill, as every step is a row.
 *
 * node-cron ticks every minute and does not run the policies' expressions itself: it leaves out a slot in an hour that the clocks
 * skip, and knows nothing of slots that came while no worker ran. Its `distributed` coordinator decides by such a slot, so the claim
 * stands in lethe.job instead, by core/cron's slots.
 * @throws LetheError what opening the engine the first time throws, except an unreachable database
 */
export async function runWorker(options: DaemonOptions): Promise<void> {
  const { log, leave } = options;
  const wake = new Wake();
  leave.addEventListener('abort', () => {
    log.info('worker.stopping');
    wake.now();
  });
  let began: Instant | null = null;
  log.info('worker.started');
  for (let isFirst = true; !leave.aborted; isFirst = false) {
    const engine = await openPatiently(options, isFirst);
    if (!engine) break;
    if (!isFirst) log.info('database.back');
    began ??= engine.clock.now();
    try {
      await workWhileItAnswers(options, contextOf(options, engine, began), wake);
    } finally {
      await closeQuietly(engine);
    }
  }
  log.info('worker.stopped');
}

const contextOf = (
  { actor, log, leave, brakes }: DaemonOptions,
  engine: Engine,
  watchedSince: Instant,
): WorkerContext => ({
  engine,
  actor,
  log,
  leave,
  watchedSince,
  brake: brakesOf(engine.db, engine.clock, brakes),
});

/** Ends when it is to leave, or when the database has gone away. */
async function workWhileItAnswers(options: DaemonOptions, context: WorkerContext, wake: Wake): Promise<void> {
  const { log, leave, roundEvery = MINUTE_MS } = options;
  const stop = everyMinute(() => {
    // jobs are made on time also while a long run goes on
    enqueue(context).catch((error: unknown) => {
      if (!isAway(error)) log.error('round.failed', error);
    });
    wake.now();
  });
  try {
    while (!leave.aborted) {
      if (!(await oneRound(context))) return;
      await wake.orAfter(roundEvery, leave);
    }
  } finally {
    stop();
  }
}

/** False when the database has gone away. What else goes wrong is said, and tried again in the next round. */
async function oneRound(context: WorkerContext): Promise<boolean> {
  try {
    await workRound(context);
    return true;
  } catch (error) {
    if (isAway(error)) {
      context.log.error('database.away', error);
      return false;
    }
    const unreadable = error instanceof LetheError && error.code === 'version_unreadable';
    context.log.error(unreadable ? 'policies.unreadable' : 'round.failed', error);
    return true;
  }
}

/** Tries with growing pauses; null when it is to leave meanwhile. */
async function openPatiently({ open, log, leave }: DaemonOptions, isFirst: boolean): Promise<Engine | null> {
  for (let ms = FIRST_PAUSE_MS; !leave.aborted; ms = Math.min(ms * 2, LONGEST_PAUSE_MS)) {
    try {
      return await open();
    } catch (error) {
      // a mistake in the configuration is told to whoever starts the worker; later it may be a restore that is under way
      if (isFirst && !isAway(error)) throw error;
      log.error(isAway(error) ? 'database.away' : 'round.failed', error, { seconds: ms / 1000 });
      await pause(ms, leave);
    }
  }
  return null;
}

async function closeQuietly(engine: Engine): Promise<void> {
  try {
    await engine.close();
  } catch {
    // the database is away: there is nothing to close
  }
}

/** Something to wait for that a tick or a signal ends. */
class Wake {
  private ring = (): void => undefined;

  now(): void {
    this.ring();
  }

  async orAfter(ms: number, leave: AbortSignal): Promise<void> {
    const rung = new AbortController();
    this.ring = () => {
      rung.abort();
    };
    if (!leave.aborted) await pause(ms, rung.signal);
  }
}
