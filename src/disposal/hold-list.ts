import { actorNames } from '../ledger/actor-directory.js';
import { recordName } from '../datamap/record-ref.js';
import type { MapGraph } from '../datamap/graph.js';
import { overdueDays, type HoldContext } from './hold.js';
import { activeProtections, type ProtectionRow } from './protection-store.js';
import { subjectNames } from '../datamap/subject-store.js';

/** A protection in force, as people see it. */
export interface HoldSummary {
  readonly id: string;
  readonly kind: string;
  /** `ticket/77`, `customer/12 and all that is theirs`, `ticket where …`. */
  readonly scope: string;
  readonly ground: string;
  readonly authority: string | null;
  readonly owner: string | null;
  readonly reviewOn: string | null;
  /** Days since the review date passed; it stays in force all the same. */
  readonly overdueDays: number;
  readonly placedBy: string;
  readonly placedAt: string;
}

/** Holds and floors in force, the longest overdue first. */
export async function listHolds({ db, graph, clock }: HoldContext): Promise<readonly HoldSummary[]> {
  const [rows, names, subjects] = [await activeProtections(db), await actorNames(db), await subjectNames(db)];
  const now = clock.now();
  return rows
    .map((row) => ({
      id: row.id,
      kind: row.kind,
      scope: scopeOf(graph, row, subjects),
      ground: row.ground,
      authority: row.authority,
      owner: row.owner && (names.get(row.owner) ?? row.owner),
      reviewOn: row.review_on,
      overdueDays: overdueDays(row.review_on, now),
      placedBy: names.get(row.placed_by) ?? row.placed_by,
      placedAt: row.placed_at,
    }))
    .sort((a, b) => b.overdueDays - a.overdueDays);
}

function scopeOf(graph: MapGraph, row: ProtectionRow, subjects: ReadonlyMap<string, string>): string {
  if (row.subject_id !== null)
    return `${subjects.get(row.subject_id) ?? row.subject_id} and all that is theirs`;
  const record = row.record ?? '';
  const table = graph.records.get(record);
  if (row.key !== null) return table ? recordName(table, row.key) : `${record}/${row.key}`;
  if (row.version !== null) return `${record} records by policy ${policyId(row.content)}`;
  return `${record} records where ${JSON.stringify(row.condition)}`;
}

function policyId(content: string | null): string {
  const policy = JSON.parse(content ?? '{}') as { id?: unknown };
  return typeof policy.id === 'string' ? policy.id : '(unknown)';
}
