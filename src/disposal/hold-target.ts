import { cutoffOf } from '../core/cutoff.js';
import { shownInstant } from '../core/instant.js';
import { LetheError, policyInvalid, type Problem } from '../core/errors.js';
import type { Instant } from '../core/instant.js';
import type { Row, Tx } from '../db/database.js';
import { raw, sql } from '../db/sql.js';
import type { MapGraph, MapTable } from '../datamap/graph.js';
import { keyArray, keyIn } from '../datamap/key-sql.js';
import { keyText, parseRecord, recordName, type RecordRef } from '../datamap/record-ref.js';
import { bindTime } from '../policy/condition.js';
import { readCondition } from '../policy/read-condition.js';
import { whereOf } from '../policy/where.js';
import { deletedBy, unfinishedRuns } from './chunk-store.js';
import type { HoldPlacedAct } from '../vault/act.js';
import type { NewProtection } from './protection-store.js';
import { arrayLiteral } from './stopped.js';
import { subjectOf } from '../datamap/subject-store.js';

/** What a hold is on: one record, one person with all that is theirs, or the records of a type that meet a condition. */
export type HoldScope =
  | { readonly kind: 'record'; readonly record: string }
  | { readonly kind: 'subject'; readonly record: string }
  | { readonly kind: 'condition'; readonly record: string; readonly condition: unknown };

/** A scope resolved against the map: `where` selects its records among the rows `this` of `table`. */
export type Target =
  | {
      readonly kind: 'record' | 'subject';
      readonly ref: RecordRef;
      readonly table: MapTable;
      readonly where: string;
    }
  | {
      readonly kind: 'condition';
      readonly condition: unknown;
      readonly table: MapTable;
      readonly where: string;
    };

/**
 * Resolves what a hold is on.
 * @throws LetheError `input_invalid`, `policy_invalid`
 */
export function resolveTarget(graph: MapGraph, scope: HoldScope, now: Instant): Target {
  if (scope.kind === 'condition') {
    const table = graph.records.get(scope.record);
    if (!table)
      throw new LetheError('input_invalid', {
        what: 'record',
        reason: `the data map has no record "${scope.record}"`,
      });
    return {
      kind: 'condition',
      condition: scope.condition,
      table,
      where: conditionSql(table, scope.condition, now),
    };
  }
  const ref = parseRecord(graph, scope.record);
  if (scope.kind === 'subject' && graph.subject?.table !== ref.table)
    throw new LetheError('input_invalid', {
      what: 'subject',
      reason: `a person is named as ${graph.subject?.table.concept ?? '(this data map names no subjects)'}/…`,
    });
  const where = keyIn(ref.table, 'this', arrayLiteral([keyText(ref.key)], keyArray(ref.table).type));
  return { kind: scope.kind, ref, table: ref.table, where };
}

function conditionSql(table: MapTable, entry: unknown, asOf: Instant): string {
  const problems: Problem[] = [];
  const report = (path: string, message: string): void => void problems.push({ file: 'hold', path, message });
  const condition = readCondition({ table, timeZone: 'UTC', report }, entry, 'condition');
  if (!condition) throw policyInvalid(problems);
  const bound = bindTime(condition, (period, timeZone) =>
    cutoffOf({ asOf, period, timeZone, periodStarts: 'event' }),
  );
  return `${table.record} and ${whereOf(bound)}`;
}

/** The target as the vault's journal keeps it. */
export type StoredTarget = HoldPlacedAct['scope'];

export async function storedTarget(tx: Tx, target: Target): Promise<StoredTarget> {
  const record = target.table.concept ?? '';
  if (target.kind === 'condition') return { kind: 'condition', record, condition: target.condition };
  const key = keyText(target.ref.key);
  if (target.kind === 'record') return { kind: 'record', record, key };
  return { kind: 'subject', record, key, subject: await subjectOf(tx, record, key) };
}

/** The target as the columns of lethe.protection. */
export function targetColumns(
  target: StoredTarget,
): Pick<NewProtection, 'record' | 'key' | 'subjectId' | 'condition'> {
  switch (target.kind) {
    case 'condition':
      return { record: target.record, condition: target.condition };
    case 'record':
      return { record: target.record, key: target.key };
    case 'subject':
      return { subjectId: target.subject };
  }
}

/** What a hold covers at this moment. */
export interface Left {
  /** Records, of the hold's own record type. */
  readonly records: number;
  /** What was already gone, in plain words; empty when nothing was. */
  readonly alreadyGone: readonly string[];
}

/**
 * Looks up what there is to hold and what was already gone.
 * @throws LetheError `record_unknown` for a record that never was: a mistyped hold would hold nothing
 */
export async function whatIsLeft(tx: Tx, target: Target): Promise<Left> {
  const { rows } = await tx.query<Row & { records: string }>(sql`
    select count(*) as records from ${raw(target.table.sql)} this where ${raw(target.where)}`);
  const records = Number(rows[0]?.records ?? 0);
  const alreadyGone = await goneRecords(tx, target, records);
  return { records, alreadyGone };
}

/**
 * A named record that is gone was deleted by a run or never was. Of a person and of a condition nobody can tell what
 * would have been theirs, so it is said what runs that have not finished took.
 */
async function goneRecords(tx: Tx, target: Target, records: number): Promise<readonly string[]> {
  if (target.kind !== 'condition' && records === 0) {
    const run = await deletedBy(tx, target.table, keyText(target.ref.key));
    if (!run) {
      const name = recordName(target.table, keyText(target.ref.key));
      throw new LetheError('record_unknown', { record: name, example: `${target.table.concept ?? ''}/77` });
    }
    return [`it was deleted by ${run.plan_id}, whose batch ended ${shownInstant(run.done_at)}`];
  }
  if (target.kind === 'record') return [];
  const record = target.kind === 'condition' ? (target.table.concept ?? '') : null;
  return (await unfinishedRuns(tx, record)).map(
    (run) => `${run.plan_id}, which has not finished, had deleted ${run.taken} ${run.record} records before`,
  );
}
