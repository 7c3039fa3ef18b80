import { canonicalJson } from '../core/canonical-json.js';
import { raw, type Sql } from '../db/sql.js';
import type { Row } from '../db/database.js';
import { leafHash } from '../ledger/merkle.js';

/** What a leaf of a root is over: everything the row says, its place and its salt. */
export interface RootRow extends Row {
  /** bigint as text */
  readonly place: string;
  readonly salt: string;
  readonly at: string;
  readonly actor: string;
  readonly record: string;
  readonly key: string | null;
  readonly deed: string;
  readonly purpose: string | null;
  readonly decision: string;
  readonly policies: readonly string[];
  readonly reason: string | null;
}

export const rootColumns = (table: string): Sql =>
  raw(
    `${table}.place, encode(${table}.salt, 'hex') as salt, ${['at', 'actor', 'record', 'key', 'deed', 'purpose', 'decision', 'policies', 'reason'].map((name) => `${table}.${name}`).join(', ')}`,
  );

export const leafOf = (row: RootRow): Buffer => {
  const { place, salt, at, actor, record, key, deed, purpose, decision, policies, reason } = row;
  return leafHash(
    canonicalJson({ v: 1, place, salt, at, actor, record, key, deed, purpose, decision, policies, reason }),
  );
};
