import { LetheError } from '../core/errors.js';
import type { Database, Tx } from '../db/database.js';

/** Ends a transaction that must leave nothing behind. */
class Undone extends Error {}

/** Runs `work` in a transaction that is always rolled back. */
export async function withoutTrace<T>(db: Database, work: (tx: Tx) => Promise<T>): Promise<T> {
  const outcome: { value?: T } = {};
  try {
    await db.transaction(
      async (tx) => {
        outcome.value = await work(tx);
        throw new Undone();
      },
      { isolation: 'repeatable read' },
    );
  } catch (failure) {
    if (!(failure instanceof Undone)) throw failure;
  }
  return outcome.value as T;
}

/** Tries statements inside an open transaction, which goes on when they fail: the reason, or null when all of them ran. */
export async function failureOf(tx: Tx, text: string): Promise<LetheError | null> {
  await tx.script('savepoint lethe_probe');
  try {
    await tx.script(text);
    await tx.script('release lethe_probe');
    return null;
  } catch (failure) {
    if (!(failure instanceof LetheError) || failure.code === 'database_unreachable') throw failure;
    await tx.script('rollback to savepoint lethe_probe');
    return failure;
  }
}
