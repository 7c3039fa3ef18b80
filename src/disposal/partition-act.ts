import { raw, sql } from '../db/sql.js';
import type { Row, Tx } from '../db/database.js';
import { belongsTo } from '../datamap/edge-sql.js';
import type { Closure, ForeignKey } from '../datamap/closure.js';
import type { MapTable } from '../datamap/graph.js';
import { readPartitioning, whyNeverDropped, type Partition } from '../datamap/partitions.js';
import { actSteps, leafEdges } from './closure-sql.js';
import type { Run } from './prepared-run.js';
import type { WorkTables } from './work-tables.js';

/** A partition to drop, of the root table or of one whose rows go along. */
export interface Doomed {
  readonly table: MapTable;
  readonly partition: Partition;
}

/** One step: a statement that deletes rows of a table, or a partition to drop. */
export type Step =
  { readonly table: MapTable; readonly deletes: string } | (Doomed & { readonly deletes: null });

/** The act on a partition, in two parts: most of it while everybody works on, and what nobody may see half done. */
export interface PartitionAct {
  /** References cleared, derived data noted. */
  readonly before: readonly string[];
  readonly early: readonly Step[];
  readonly doomed: readonly Doomed[];
  readonly late: readonly Step[];
  readonly after: readonly string[];
}

/** Works out the act on a partition of the root table; the `gone` tables are filled. */
export async function partitionAct(tx: Tx, run: Run, partition: Partition): Promise<PartitionAct> {
  const { work, closure, foreignKeys } = run;
  const { before, deletes, after, standing } = actSteps(work, closure, foreignKeys);
  const doomed: Doomed[] = [{ table: closure.root, partition }];
  const rest = new Map<MapTable, string>();
  for (const { table } of deletes) {
    if (table === closure.root) continue;
    const whole = await wholeChildren(tx, run, table);
    doomed.push(...whole.doomed);
    if (whole.rowsBeside > 0) rest.set(table, beside(whole.doomed));
  }
  const order = deletes.map(({ table }) => table);
  const isLate = lateTables(order, standing, doomed);
  const deletesOf = (table: MapTable): readonly Step[] =>
    rest.has(table) ? deleteSteps(work, closure, table, rest.get(table) ?? '') : [];
  return {
    before,
    doomed,
    early: order.filter((table) => !isLate.has(table)).flatMap(deletesOf),
    late: order.flatMap((table) => [
      ...(isLate.has(table) ? deletesOf(table) : []),
      ...doomed.filter((one) => one.table === table).map((one) => ({ ...one, deletes: null })),
    ]),
    after,
  };
}

interface WholeChildren {
  readonly doomed: readonly Doomed[];
  /** Rows that go and are not in these. */
  readonly rowsBeside: number;
}

/** Which partitions of a table below the root lose every row, by a first look that the act repeats under a lock. */
async function wholeChildren(tx: Tx, { work, closure }: Run, table: MapTable): Promise<WholeChildren> {
  const partitioning = table.partitionedBy === null ? null : await readPartitioning(tx, table);
  if (!partitioning) return { doomed: [], rowsBeside: Infinity };
  const { rows } = await tx.query<Row & { part: string; rows: string }>(sql`
    select part::text as part, count(*) as rows
    from (${raw(goingFrom(work, closure, table, table.sql))}) going group by part`);
  const doomed: Doomed[] = [];
  let rowsBeside = 0;
  for (const { part, rows: going } of rows) {
    const partition = partitioning.partitions.find(({ oid }) => oid === part);
    const can = partition && whyNeverDropped(table, partitioning, partition) === null;
    if (can && (await rowsOf(tx, partition)) === Number(going)) doomed.push({ table, partition });
    else rowsBeside += Number(going);
  }
  return { doomed, rowsBeside };
}

/** Whether every row of a doomed partition goes, as it is now; run when nobody can write to it any more. */
export async function losesEveryRow(tx: Tx, { work, closure }: Run, one: Doomed): Promise<boolean> {
  const { rows } = await tx.query<Row & { rows: string }>(sql`
    select count(*) as rows from (${raw(goingFrom(work, closure, one.table, one.partition.sql))}) going`);
  return Number(rows[0]?.rows) === (await rowsOf(tx, one.partition));
}

export async function rowsOf(tx: Tx, { sql: part }: Partition): Promise<number> {
  const { rows } = await tx.query<Row & { rows: string }>(sql`select count(*) as rows from ${raw(part)}`);
  return Number(rows[0]?.rows);
}

/** The rows of a table (or of one partition of it) that go, each once, by place. */
const goingFrom = (work: WorkTables, closure: Closure, table: MapTable, from: string): string =>
  going(work, closure, table)
    .map((where) => `select child.tableoid as part, child.ctid as place from ${from} child where ${where}`)
    .join(' union ');

/** Predicates over `child` for as many rows as a partition has: sub-selects, which the server joins as it sees fit. */
function going(work: WorkTables, closure: Closure, table: MapTable): readonly string[] {
  if (!closure.inner.includes(table))
    return leafEdges(closure, table).map((edge) => belongsTo(edge, work.gone(edge.parent)));
  const columns = (alias: string): string => table.key.map(({ sql: name }) => `${alias}.${name}`).join(', ');
  return [`(${columns('child')}) in (select ${columns('gone')} from ${work.gone(table)} gone)`];
}

const deleteSteps = (work: WorkTables, closure: Closure, table: MapTable, besides: string): readonly Step[] =>
  going(work, closure, table).map((where) => ({
    table,
    deletes: `delete from ${table.sql} child where ${where}${besides}`,
  }));

const beside = (doomed: readonly Doomed[]): string =>
  doomed.length === 0
    ? ''
    : ` and child.tableoid <> all ('{${doomed.map(({ partition }) => partition.oid).join(',')}}'::oid[])`;

/** Tables whose deletes a foreign key would refuse until a partition is dropped. */
function lateTables(
  order: readonly MapTable[],
  standing: readonly ForeignKey[],
  doomed: readonly Doomed[],
): ReadonlySet<MapTable> {
  const waitsFor = new Set(doomed.map(({ table }) => table.sql));
  const late = new Set<MapTable>();
  for (const table of order) {
    const isReferred = standing.some(
      ({ child, parent }) => parent === table.sql && child !== table.sql && waitsFor.has(child),
    );
    if (!isReferred) continue;
    late.add(table);
    waitsFor.add(table.sql);
  }
  return late;
}
