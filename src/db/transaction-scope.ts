import { AsyncLocalStorage } from 'node:async_hooks';
import { LetheError } from '../core/errors.js';

/**
 * Knows whether the code that runs now was called from an open transaction of this database. A query beside it would wait
 * for ever on PGlite (one session), and on a pool would see and lock other things than its author meant.
 */
export class TransactionScope {
  private readonly open = new AsyncLocalStorage<{ over: boolean }>();

  /** Throws query_outside_transaction when a transaction is open here. */
  refuseInside(): void {
    const scope = this.open.getStore();
    if (scope !== undefined && !scope.over) throw new LetheError('query_outside_transaction');
  }

  /** Runs `work` as the inside of a transaction. What it leaves running afterwards is outside again. */
  async enter<T>(work: () => Promise<T>): Promise<T> {
    const scope = { over: false };
    try {
      return await this.open.run(scope, work);
    } finally {
      scope.over = true;
    }
  }
}
