import type { Sql } from 'sql-template-tag';

/**
 * What a query returns, the same from both databases: bigint, numeric, date, timestamp, uuid and text as text;
 * timestamptz as UTC text with microseconds (`2026-11-21T00:00:00.000000Z`); int2, int4 and float as number;
 * boolean as boolean; json parsed; bytea as Uint8Array; arrays of these as arrays.
 */
export type Row = Readonly<Record<string, unknown>>;

export interface Result<R extends Row = Row> {
  readonly rows: readonly R[];
  /** Rows returned, or rows written by INSERT, UPDATE, DELETE without RETURNING. */
  readonly count: number;
}

/** Runs statements: alone (each its own transaction) or inside one transaction. */
export interface Queryable {
  query<R extends Row = Row>(statement: Sql): Promise<Result<R>>;
}

/** An open transaction. A function that must run inside one takes `Tx`, not `Database`. */
export interface Tx extends Queryable {
  /**
   * Sends several statements in one message, without parameters, and returns the number of rows each touched.
   * Values inside must come from `literal()`, names from `identifier()`.
   */
  script(text: string): Promise<readonly number[]>;
}

export type Isolation = 'read committed' | 'repeatable read';

export interface TransactionOptions {
  /** Default: `read committed`, whatever the server's default is (a re-check needs a new snapshot). */
  readonly isolation?: Isolation;
}

export interface Database extends Queryable {
  readonly kind: 'postgres' | 'embedded';
  transaction<T>(work: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /**
   * The tables of the ticket system's map, as `schema.table`. From then on UPDATE, DELETE, TRUNCATE and DROP on them are
   * refused in every transaction that was not opened through the door (see door.ts).
   */
  guard(tables: Iterable<string>): void;
  close(): Promise<void>;
}
