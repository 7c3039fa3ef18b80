import type { Tx } from '../db/database.js';
import type { AccessDeed } from '../policy/access-schema.js';
import type { Purpose } from '../policy/purposes.js';

/** One decision about one record, as the access log keeps it. */
export interface AccessEntry {
  /** `agent/7` */
  readonly actor: string;
  readonly deed: AccessDeed;
  readonly purpose: Purpose | null;
  /** The record's type, and its key; null: no single one (a list, a refusal before any record was looked at). */
  readonly record: string;
  readonly key: string | null;
  readonly decision: 'allow' | 'masked' | 'deny';
  /** Digests of the policy versions that decided; empty: no policy permits it. */
  readonly policies: readonly string[];
  /** Why it was denied, as a stable word; of an access outside the policies, the break-glass grant. */
  readonly reason: string | null;
}

/**
 * Where decisions are recorded, before their result leaves. Entries of callers that ask at the same time share one transaction.
 * What must not be recorded (an employee's reading, before an agreement is recorded) is left out here, by no caller.
 */
export interface AccessLog {
  /** Resolves once the entries are durable. */
  append(entries: readonly AccessEntry[]): Promise<void>;
  /** Commits with what it is about: for writes. */
  appendIn(tx: Tx, entries: readonly AccessEntry[]): Promise<void>;
  /** Ends once nothing waits to be written. */
  close(): Promise<void>;
}
