import type { Database } from './database.js';

type Transaction = Database['transaction'];

/**
 * Transactions without the door's check. Kept apart from `Database`, so that holding one opens nothing; only this folder may
 * import this file (a test asserts it).
 */
const runners = new WeakMap<Database, Transaction>();

export function keepUnchecked(db: Database, run: Transaction): void {
  runners.set(db, run);
}

export function unchecked(db: Database): Transaction {
  const run = runners.get(db);
  if (run === undefined) throw new TypeError('this database was not opened by src/db');
  return run;
}
