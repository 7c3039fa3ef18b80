import type { Database, Row } from '../db/database.js';
import { raw, sql } from '../db/sql.js';
import type { MapGraph } from '../datamap/graph.js';
import { keyArray } from '../datamap/key-sql.js';
import { recordName } from '../datamap/record-ref.js';
import { findPlan } from '../disposal/plan-store.js';
import { LetheError } from '../core/errors.js';

/** One record of a plan and what the plan says of it, or what its run did. */
export interface PlanItem {
  readonly record: string;
  readonly outcome:
    | 'delete'
    | 'deleted'
    | 'withdrawn'
    | 'protected'
    | 'conflict'
    | 'overridden'
    | 'changed'
    | 'gone'
    | 'busy';
  /** The protections or rules that keep it, separated by commas. */
  readonly by?: string;
}

/** The items of a plan, exceptions last; read chunk by chunk, so that a million items fit. */
export async function* planItems(db: Database, graph: MapGraph, planId: string): AsyncGenerator<PlanItem> {
  const plan = await findPlan(db, planId);
  const open = plan.state === 'withdrawn' ? 'withdrawn' : 'delete';
  const table = graph.records.get(plan.record);
  if (!table) throw new LetheError('plan_changed', { plan: planId, what: 'a data map', policy: plan.policy });
  const { rows: chunks } = await db.query<Row & { no: number; state: string }>(sql`
    select no, state from lethe.chunk where plan_id = ${planId} order by no`);
  for (const { no, state } of chunks) {
    const { rows } = await db.query<Row & { key: string }>(sql`
      select item.key from lethe.chunk, unnest(${raw(keyArray(table).column)}::text[]) item(key)
      where plan_id = ${planId} and no = ${no}::int
        and not exists (select from lethe.exception e
                        where e.plan_id = ${planId} and e.key = item.key and e.chunk = ${no}::int and e.found_by = 'apply')`);
    for (const { key } of rows)
      yield { record: recordName(table, key), outcome: state === 'open' ? open : 'deleted' };
  }
  const { rows } = await db.query<Row & { key: string; outcome: PlanItem['outcome']; cause: string }>(sql`
    select key, min(outcome) as outcome, string_agg(cause, ', ' order by cause) as cause
    from lethe.exception where plan_id = ${planId}
    group by key order by min(chunk) nulls first, key`);
  for (const { key, outcome, cause } of rows)
    yield { record: recordName(table, key), outcome, ...(cause === '' ? {} : { by: cause }) };
}
