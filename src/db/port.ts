import type { Database, Isolation, Result, Row, TransactionOptions, Tx } from './database.js';
import { Door } from './door.js';
import { commitRefused } from './failures.js';
import { parameters } from './parameters.js';
import type { Sql } from './sql.js';
import { TransactionScope } from './transaction-scope.js';
import { keepUnchecked } from './unchecked.js';

export interface Outcome {
  /** The command tag's first word: SELECT, INSERT, COMMIT, ROLLBACK … */
  readonly command: string;
  readonly count: number;
}

/** One session of a driver, lent to one transaction. Its errors are LetheErrors already. */
export interface Session {
  query(text: string, values: readonly (string | null)[]): Promise<Result>;
  script(text: string): Promise<readonly Outcome[]>;
  /** Gives the session back; a broken one is thrown away. */
  release(broken: boolean): void;
}

export interface Driver {
  readonly kind: Database['kind'];
  /** The message that opens a transaction. */
  begin(isolation: Isolation): string;
  session(): Promise<Session>;
  /** One statement in a transaction of its own. */
  query(text: string, values: readonly (string | null)[]): Promise<Result>;
  close(): Promise<void>;
}

type Work<T> = (tx: Tx) => Promise<T>;

/** The Database port over a driver: scope, door and transactions are the same for both. */
export function openPort(driver: Driver): Database {
  const door = new Door();
  const scope = new TransactionScope();
  let closing: Promise<void> | undefined;
  const open: Check = (text) => text;
  const guarded: Check = (text) => {
    door.check(text);
    return text;
  };
  const run =
    (check: Check): Database['transaction'] =>
    async (work, options = {}) => {
      scope.refuseInside();
      const session = await driver.session();
      return scope.enter(() => inTransaction(session, begin(driver, options), check, work));
    };
  const db: Database = {
    kind: driver.kind,
    async query<R extends Row>(statement: Sql): Promise<Result<R>> {
      scope.refuseInside();
      return (await driver.query(guarded(statement.text), parameters(statement.values))) as Result<R>;
    },
    transaction: run(guarded),
    guard: (tables) => {
      door.guard(tables);
    },
    close: async () => {
      scope.refuseInside();
      await (closing ??= driver.close());
    },
  };
  keepUnchecked(db, run(open));
  return Object.freeze(db);
}

/** Returns the text, or throws door_closed. */
type Check = (text: string) => string;

const begin = (driver: Driver, { isolation = 'read committed' }: TransactionOptions): string =>
  driver.begin(isolation);

async function inTransaction<T>(session: Session, begin: string, check: Check, work: Work<T>): Promise<T> {
  const life = { over: false };
  let broken = false;
  try {
    await session.script(begin);
    const result = await work(transactionOn(session, check, life));
    await commit(session);
    return result;
  } catch (error) {
    broken = !(await rolledBack(session));
    throw error;
  } finally {
    life.over = true;
    session.release(broken);
  }
}

function transactionOn(session: Session, check: Check, life: { readonly over: boolean }): Tx {
  const alive = (): void => {
    if (life.over) throw new Error('this transaction has ended');
  };
  return {
    async query<R extends Row>(statement: Sql): Promise<Result<R>> {
      alive();
      return (await session.query(check(statement.text), parameters(statement.values))) as Result<R>;
    },
    async script(text) {
      alive();
      return (await session.script(check(text))).map(({ count }) => count);
    },
  };
}

async function commit(session: Session): Promise<void> {
  const outcomes = await session.script('commit');
  if (outcomes.at(-1)?.command === 'ROLLBACK') throw commitRefused();
}

async function rolledBack(session: Session): Promise<boolean> {
  try {
    await session.script('rollback');
    return true;
  } catch {
    return false;
  }
}
