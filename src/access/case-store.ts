import { LetheError } from '../core/errors.js';
import type { Instant } from '../core/instant.js';
import type { Queryable, Row, Tx } from '../db/database.js';
import { raw, sql } from '../db/sql.js';

export const CASE_KINDS = ['security', 'breach', 'subject-request'] as const;
export type CaseKind = (typeof CASE_KINDS)[number];

export interface CaseRow extends Row {
  readonly id: string;
  readonly kind: CaseKind;
  /** What it is about: a record by kind and key, or an actor. */
  readonly record: string | null;
  readonly key: string | null;
  readonly actor: string | null;
  readonly from_at: Instant;
  readonly to_at: Instant;
  readonly opened_by: string;
  readonly opened_roles: readonly string[];
  readonly opened_at: Instant;
  readonly confirmed_at: Instant | null;
  readonly ends_at: Instant;
  readonly closed_at: Instant | null;
}

const COLUMNS = `id, kind, record, key, actor, from_at, to_at, opened_by, opened_roles, opened_at, confirmed_at, ends_at,
  closed_at`;

export type NewCase = Omit<CaseRow, 'confirmed_at' | 'closed_at'> & { readonly reason: string };

export async function insertCase(tx: Tx, made: NewCase): Promise<void> {
  await tx.query(sql`
    insert into lethe.access_case
      (id, kind, reason, record, key, actor, from_at, to_at, opened_by, opened_roles, opened_at, ends_at)
    values (${made.id}, ${made.kind}, ${made.reason}, ${made.record}, ${made.key}, ${made.actor},
      ${made.from_at}::timestamptz, ${made.to_at}::timestamptz, ${made.opened_by}, ${made.opened_roles}::text[],
      ${made.opened_at}::timestamptz, ${made.ends_at}::timestamptz)`);
}

/**
 * The case, locked until the transaction ends: it is not closed while somebody looks by it.
 * @throws LetheError `case_unknown`
 */
export async function lockCase(tx: Tx, id: string): Promise<CaseRow> {
  const { rows } = await tx.query<CaseRow>(sql`
    select ${raw(COLUMNS)} from lethe.access_case where id = ${id} for no key update`);
  if (!rows[0]) throw new LetheError('case_unknown', { case: id });
  return rows[0];
}

export async function allCases(db: Queryable): Promise<readonly CaseRow[]> {
  const { rows } = await db.query<CaseRow>(sql`
    select ${raw(COLUMNS)} from lethe.access_case order by opened_at, id`);
  return rows;
}

export type CaseState = 'waiting' | 'open' | 'closed' | 'ended';

/** `waiting`: for the second person. */
export function stateOf({ confirmed_at, closed_at, ends_at }: CaseRow, now: Instant): CaseState {
  if (closed_at !== null) return 'closed';
  if (ends_at <= now) return 'ended';
  return confirmed_at === null ? 'waiting' : 'open';
}

/** `ticket/77`, `agent/7` */
export const targetOf = ({ record, key, actor }: Pick<CaseRow, 'record' | 'key' | 'actor'>): string =>
  actor ?? `${record ?? ''}/${key ?? ''}`;
