import type { Queryable, Row, Tx } from '../db/database.js';
import { sql } from '../db/sql.js';

/** A protection in force, with the text of the policy version a floor comes from. */
export interface ProtectionRow extends Row {
  readonly id: string;
  readonly kind: 'hold' | 'floor' | 'restriction' | 'request' | 'notice';
  readonly record: string | null;
  readonly key: string | null;
  readonly subject_id: string | null;
  readonly condition: unknown;
  readonly version: string | null;
  readonly content: string | null;
  readonly ground: string;
  readonly authority: string | null;
  readonly reason: string | null;
  readonly owner: string | null;
  readonly review_on: string | null;
  readonly placed_by: string;
  readonly placed_at: string;
}

/** Protections that nobody has lifted. */
export async function activeProtections(db: Queryable): Promise<readonly ProtectionRow[]> {
  const { rows } = await db.query<ProtectionRow>(sql`
    select p.id, p.kind, p.record, p.key, p.subject_id, p.condition, p.version, v.content, p.ground, p.authority,
           p.reason, p.owner, p.review_on, p.placed_by, p.placed_at
    from lethe.protection p
    left join lethe.version v on v.digest = p.version
    where p.lifted_at is null
    order by p.placed_at, p.id`);
  return rows;
}

export interface NewProtection {
  readonly id: string;
  readonly kind: ProtectionRow['kind'];
  readonly record?: string;
  readonly key?: string;
  readonly subjectId?: string;
  readonly condition?: unknown;
  readonly version?: string;
  readonly ground: string;
  readonly authority?: string;
  readonly reason?: string;
  readonly owner?: string;
  readonly reviewOn?: string;
  readonly placedBy: string;
  /** Default: now. */
  readonly placedAt?: string;
}

/** Inserts a protection; the caller holds the gate (see gate.ts). */
export async function insertProtection(tx: Tx, row: NewProtection): Promise<void> {
  const condition = row.condition === undefined ? null : JSON.stringify(row.condition);
  await tx.query(sql`
    insert into lethe.protection
      (id, kind, record, key, subject_id, condition, version, ground, authority, reason, owner, review_on, placed_by, placed_at)
    values (${row.id}, ${row.kind}, ${row.record ?? null}, ${row.key ?? null}, ${row.subjectId ?? null},
      ${condition}::jsonb, ${row.version ?? null}, ${row.ground}, ${row.authority ?? null}, ${row.reason ?? null},
      ${row.owner ?? null}, ${row.reviewOn ?? null}::date, ${row.placedBy},
      coalesce(${row.placedAt ?? null}::timestamptz, now()))`);
}

/** Ends a protection; false when it was not in force. */
export async function endProtection(tx: Tx, id: string, actor: string, reason: string): Promise<boolean> {
  const { count } = await tx.query(sql`
    update lethe.protection set lifted_by = ${actor}, lifted_at = now(), lift_reason = ${reason}
    where id = ${id} and lifted_at is null`);
  return count > 0;
}
