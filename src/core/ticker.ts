import { schedule } from 'node-cron';

const EVERY_MINUTE = '* * * * *';
/** A beat that a busy process was late for still counts until the next one is due. */
const TOLERANCE_MS = 59_000;

const silent = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  debug: () => undefined,
};

/**
 * Calls `tick` at the beginning of every minute of the computer's clock until the returned function is called.
 * What `tick` throws is lost: it must say so itself.
 */
export function everyMinute(tick: () => void): () => void {
  const task = schedule(EVERY_MINUTE, tick, {
    missedExecutionTolerance: TOLERANCE_MS,
    suppressMissedWarning: true,
    logger: silent,
  });
  return () => void task.destroy();
}
