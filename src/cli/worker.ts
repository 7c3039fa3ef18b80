import type { Command } from 'commander';
import { loadConfig, surroundings } from '../config.js';
import { requireRole } from '../core/actor.js';
import { newId } from '../core/ids.js';
import { createEngine } from '../engine.js';
import { brakesOf } from '../jobs/brakes.js';
import { runWorker } from '../jobs/daemon.js';
import { openLog } from '../log/log.js';
import { hasFailed, workOnce, type WorkDone } from '../jobs/worker.js';
import { actingAs, actorOf, globalOptions, withEngine } from './session.js';

/** `lethe worker` */
export function workerCommand(program: Command): void {
  program
    .command('worker')
    .description(
      'plan what the schedules ask for, apply what is approved, resume what was interrupted; until a signal',
    )
    .option('--once', 'do what there is to do, then end')
    .action(({ once }: { once?: boolean }, command: Command) => worker(command, once ?? false));
}

async function worker(command: Command, once: boolean): Promise<void> {
  const stop = new AbortController();
  const leave = (): void => {
    stop.abort();
  };
  process.once('SIGINT', leave).once('SIGTERM', leave);
  try {
    await (once ? workOneRound(command, stop.signal) : workOn(command, stop.signal));
  } finally {
    process.off('SIGINT', leave).off('SIGTERM', leave);
  }
}

const workOneRound = (command: Command, leave: AbortSignal): Promise<void> =>
  withEngine(command, async ({ engine, actor, config, out }) => {
    requireRole(actor, 'apply'); // who may not finish anything must not claim slots and count attempts
    const brake = brakesOf(engine.db, engine.clock, config.worker);
    const done = await workOnce(engine, actor, { leave, brake, log: openLog(process.stderr, {}, 'error') });
    out.list(done, lineOf, 'There is nothing to do.');
    if (done.some(hasFailed)) process.exitCode = 1;
  });

function lineOf(done: WorkDone): string {
  const { outcome, message } = done;
  const what = 'plan' in done ? done.plan : `${done.job} of ${done.policy}`;
  return `${what}: ${outcome}${message === undefined ? '' : ` (${message})`}`;
}

/** The daemon: JSON lines on standard error, until a signal. */
async function workOn(command: Command, leave: AbortSignal): Promise<void> {
  const config = await loadConfig(surroundings(), globalOptions(command).config);
  requireRole(actingAs(command, config.actors), 'apply');
  await runWorker({
    open: () => createEngine({ config }),
    actor: actorOf(command),
    log: openLog(process.stderr, { worker: newId('worker') }),
    brakes: config.worker,
    leave,
  });
}
