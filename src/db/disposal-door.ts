import type { Database, TransactionOptions, Tx } from './database.js';
import { unchecked } from './unchecked.js';

/**
 * Opens a transaction in which rows of the ticket system may be changed and destroyed. Only src/disposal (which plans, approves
 * and records what it destroys), src/tickets (its own listed store) and src/encryption (which puts a ciphertext in the place of each
 * value) may import this file; a test asserts it.
 */
export function throughDoor<T>(
  db: Database,
  work: (tx: Tx) => Promise<T>,
  options?: TransactionOptions,
): Promise<T> {
  return unchecked(db)(work, options);
}
