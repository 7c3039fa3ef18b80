import type { Command } from 'commander';
import { LetheError } from '../core/errors.js';
import { workOnce } from '../jobs/worker.js';
import { overdueHolds } from '../disposal/hold.js';
import { trouble } from '../retention/status.js';
import { statusLine } from './retention.js';
import { withEngine } from './session.js';

/** `lethe worker --once` and `lethe status`. */
export function workerCommands(program: Command): void {
  program
    .command('worker')
    .description('apply approved plans and resume interrupted ones')
    .option('--once', 'do what there is to do, then end')
    .action(({ once }: { once?: boolean }, command: Command) => worker(command, once ?? false));
  program
    .command('status')
    .description('runs that did not start, did not finish or left something busy, and overdue holds')
    .action((_options, command: Command) => status(command));
}

async function worker(command: Command, once: boolean): Promise<void> {
  if (!once)
    throw new LetheError('input_invalid', {
      what: 'worker',
      reason:
        'this version has no scheduler yet; run `lethe worker --once`, from cron if it should be every night',
    });
  await withEngine(command, async ({ engine, actor, out }) => {
    const stop = new AbortController();
    process.once('SIGINT', () => {
      stop.abort();
    });
    process.once('SIGTERM', () => {
      stop.abort();
    });
    const done = await workOnce(engine, actor, stop.signal);
    out.list(
      done,
      ({ plan, outcome, message }) => `${plan}: ${outcome}${message === undefined ? '' : ` (${message})`}`,
      'There is nothing to apply.',
    );
    if (done.some(({ outcome }) => outcome !== 'done')) process.exitCode = 1;
  });
}

const status = (command: Command): Promise<void> =>
  withEngine(command, async ({ engine, out }) => {
    const troubled = (await engine.retention.status()).filter((plan) => trouble(plan) !== null);
    const overdue = await overdueHolds(engine.db, engine.clock.now());
    const findings = [
      ...troubled.map((plan) => ({
        kind: 'run' as const,
        id: plan.id,
        problem: trouble(plan),
        line: statusLine(plan),
      })),
      ...overdue.map((id) => ({
        kind: 'hold' as const,
        id,
        problem: 'its review is overdue',
        line: `${id}  hold  ! its review is overdue`,
      })),
    ];
    out.result(
      {
        ok: findings.length === 0,
        findings: findings.map(({ kind, id, problem }) => ({ kind, id, problem })),
      },
      [
        ...findings.map(({ line }) => line),
        ...(findings.length === 0 ? ['Every run finished, and no hold waits for its review.'] : []),
      ],
    );
    if (findings.length > 0) process.exitCode = 1;
  });
