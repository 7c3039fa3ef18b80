import type { Database, TransactionOptions, Tx } from './database.js';
import { unchecked } from './unchecked.js';

/**
 * Opens a transaction in which rows of the ticket system may be changed and destroyed. Only src/disposal (which plans, approves
 * and records what it destroys) and src/tickets (its own listed store) may import this file; a test asserts it.
 */
export function throughDoor<T>(
  db: Database,
  work: (tx: Tx) => Promise<T>,
  options?: TransactionOptions,
): Promise<T> {
  return unchecked(db)(work, options);
}
