import { raw, sql } from '../db/sql.js';
import type { Row, Tx } from '../db/database.js';
import { keyArray, keyValue, sameKey } from '../datamap/key-sql.js';
import { readPartitioning, whyNeverDropped, type Partition } from '../datamap/partitions.js';
import { rivalOf } from './check-roots.js';
import { elsewhere, inUse, rowByRow } from './partition-outcome.js';
import type { PlannedPartition } from './plan-report.js';
import type { Run } from './prepared-run.js';
import { workSelect } from './work-tables.js';

interface Count extends Row {
  readonly rows: string;
}

/** A partition whose rows are locked and are exactly the plan's items; the root table's `roots` holds them. */
export interface HeldPartition {
  readonly partition: Partition;
  readonly records: number;
}

/**
 * The batch protocol for a whole partition: claims its chunks, locks every row, then re-checks each in a new snapshot with
 * the same condition and the same cutoff. What the plan's report says is a hint; here it is proven.
 */
export async function holdPartition(tx: Tx, run: Run, planned: PlannedPartition): Promise<HeldPartition> {
  const items = await claimChunks(tx, run, planned);
  const { partition, isKeyUnique } = await findPartition(tx, run, planned);
  await lockRows(tx, partition, items);
  await recheckRows(tx, run, planned, partition, items);
  if (!isKeyUnique) await refuseSharedKeys(tx, run, partition);
  return { partition, records: items };
}

/** Returns how many items the chunks hold. None of them may have been begun. */
async function claimChunks(
  tx: Tx,
  { plan, closure: { root } }: Run,
  { chunks: [first, last] }: PlannedPartition,
): Promise<number> {
  const chunks = sql`lethe.chunk where plan_id = ${plan.id} and no between ${first}::int and ${last}::int`;
  const { rows } = await tx.query<Row & { no: number; state: string; items: number }>(sql`
    select no, state, cardinality(${raw(keyArray(root).column)}) as items from ${chunks} for update skip locked`);
  const { rows: begun } = await tx.query(sql`select no from ${chunks} and state <> 'open'`);
  if (begun.length > 0) throw rowByRow('some of its records were taken up one by one');
  if (rows.length <= last - first) throw elsewhere();
  return rows.reduce((sum, { items }) => sum + items, 0);
}

/** Its name comes from the catalogue; the report's only finds it there. */
async function findPartition(
  tx: Tx,
  { closure: { root } }: Run,
  planned: PlannedPartition,
): Promise<{ readonly partition: Partition; readonly isKeyUnique: boolean }> {
  const partitioning = await readPartitioning(tx, root);
  const partition = partitioning?.partitions.find(
    ({ schema, name }) => `${schema}.${name}` === planned.partition,
  );
  if (!partitioning || !partition) throw rowByRow('it is no partition of the table any more');
  const never = whyNeverDropped(root, partitioning, partition);
  if (never !== null) throw rowByRow(never);
  return { partition, isKeyUnique: partitioning.isKeyUnique };
}

/**
 * Locks its rows against writers, not the table: writers that cannot name a partition lock them all, and would stand still.
 * From the first row lock on the partition can neither be dropped nor replaced by another of that name.
 */
async function lockRows(tx: Tx, { sql: part, oid }: Partition, items: number): Promise<void> {
  const { rows: present } = await tx.query<Count>(sql`select count(*) as rows from ${raw(part)}`);
  if (Number(present[0]?.rows) !== items) throw rowByRow('it holds other rows than the plan found');
  const { rows: locked } = await tx.query<Count>(sql`
    select count(*) as rows
    from (select this.tableoid as part from ${raw(part)} this for update skip locked) locked
    where part = ${oid}::oid`);
  if (Number(locked[0]?.rows) !== items) throw inUse('a row of it is locked');
}

/** Every row is one of the plan's items, once, and the rule still takes it without a rival. */
async function recheckRows(
  tx: Tx,
  run: Run,
  { chunks: [first, last] }: PlannedPartition,
  { sql: part }: Partition,
  items: number,
): Promise<void> {
  const { work, closure, takes, plan } = run;
  const { root } = closure;
  const roots = raw(work.roots(root));
  const { count } = await tx.query(sql`
    insert into ${roots} select ${raw(workSelect(work, root, 'this'))}
    from ${raw(part)} this
    where ${raw(keyValue(root, 'this'))} in (
        select unnest(${raw(keyArray(root).column)}) from lethe.chunk
        where plan_id = ${plan.id} and no between ${first}::int and ${last}::int)
      and ${raw(takes)} and ${raw(rivalOf(run))} is null`);
  const { rows } = await tx.query<Count>(sql`
    select count(distinct ${raw(keyValue(root, 'roots'))}) as rows from ${roots} roots`);
  if (count !== items || Number(rows[0]?.rows) !== items)
    throw rowByRow('the rule does not take every row of it any more');
  await tx.script(`analyze ${work.roots(root)}`);
}

/** What hangs on a key that another partition holds as well belongs to the record there, too. */
async function refuseSharedKeys(tx: Tx, { work, closure: { root } }: Run, { oid }: Partition): Promise<void> {
  // no LIMIT: it would make the server look row by row for what is hardly ever there
  const { rows } = await tx.query<Count>(sql`
    select count(*) as rows
    from ${raw(root.sql)} this join ${raw(work.roots(root))} roots on ${raw(sameKey(root, 'this', 'roots'))}
    where this.tableoid <> ${oid}::oid`);
  if (rows[0]?.rows !== '0') throw rowByRow('another partition holds rows of the same keys');
}
