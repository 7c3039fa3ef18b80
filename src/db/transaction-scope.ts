import { AsyncLocalStorage } from 'node:async_hooks';
import { LetheError } from '../core/errors.js';

interface OpenTransaction {
  readonly database: TransactionScope;
  /** What it was opened in: a transaction of another database. */
  readonly outer: OpenTransaction | undefined;
  over: boolean;
}

/** One for the process: each storage that was ever entered costs every promise some time, also when its database is closed. */
const open = new AsyncLocalStorage<OpenTransaction>();

/**
 * Knows whether the code that runs now was called from an open transaction of this database. A query beside it would wait
 * for ever on PGlite (one session), and on a pool would see and lock other things than its author meant.
 */
export class TransactionScope {
  /** Throws query_outside_transaction when a transaction is open here. */
  refuseInside(): void {
    for (let scope = open.getStore(); scope !== undefined; scope = scope.outer)
      if (scope.database === this && !scope.over) throw new LetheError('query_outside_transaction');
  }

  /** Runs `work` as the inside of a transaction. What it leaves running afterwards is outside again. */
  async enter<T>(work: () => Promise<T>): Promise<T> {
    let outer = open.getStore();
    while (outer?.over) outer = outer.outer;
    const scope = { database: this, outer, over: false };
    try {
      return await open.run(scope, work);
    } finally {
      scope.over = true;
    }
  }
}
