import { raw, sql } from '../db/sql.js';
import type { Database, Row, Tx } from '../db/database.js';
import { throughDoor } from '../db/disposal-door.js';
import { isGuarded } from '../datamap/foreign-keys.js';
import { hasEncryption } from '../encryption/data-key-store.js';
import { journaled, type Intend } from '../ledger/journaled.js';
import { isCyclic } from './check-roots.js';
import { expandClosure } from './closure-sql.js';
import { ownersIn } from './ending-keys.js';
import { OWN_ALONE, PARTITION_ALONE, PASS_GATE } from './gate.js';
import {
  losesEveryRow,
  partitionAct,
  rowsOf,
  type Doomed,
  type PartitionAct,
  type Step,
} from './partition-act.js';
import { holdPartition } from './partition-hold.js';
import { elsewhere, inUse, outcomeOf, rowByRow, type PartitionOutcome } from './partition-outcome.js';
import { recordItems, recordOtherRows, sweptParents } from './partition-record.js';
import type { PlannedPartition } from './plan-report.js';
import { holdPlan } from './plan-store.js';
import type { Run } from './prepared-run.js';
import { readProtections } from './protections.js';
import { markSharedKeys } from './shared-keys.js';
import { findStopped } from './stopped.js';
import { createWorkTables } from './work-tables.js';

/** Other than for a batch, its work tables hold as many rows as a partition: they are analysed, and joined in memory. */
const SETTINGS = `set local jit = off; set local client_min_messages = warning; set local work_mem = '64MB'`;

/** Row locks and child rows in use are waited for as batches do. */
const PATIENCE = `set local lock_timeout = '2s'`;

/**
 * While the table itself is waited for, everybody else waits behind. Less than half the server's deadlock_timeout (1 s): where
 * a writer and this transaction wait for each other it is this one that gives way, never the writer that is aborted.
 */
const HASTE = `set local lock_timeout = '400ms'`;

/**
 * Takes a partition away with all that belongs to its rows, in one transaction: gate, row locks, re-check in a new snapshot,
 * protections, children, ledger entries, progress; then, locked for an instant, DETACH and DROP. Anything off and nothing is
 * done: the outcome says whether to try again or to take its records one by one.
 */
export async function dropPartition(
  db: Database,
  run: Run,
  planned: PlannedPartition,
): Promise<PartitionOutcome> {
  try {
    return await journaled(
      run.vault,
      (work) => throughDoor(db, work),
      (tx, intend) => takePartition(tx, intend, run, planned),
    );
  } catch (error) {
    return outcomeOf(error);
  }
}

async function takePartition(
  tx: Tx,
  intend: Intend,
  run: Run,
  planned: PlannedPartition,
): Promise<PartitionOutcome> {
  await begin(tx, run);
  const { partition, records } = await holdPartition(tx, run, planned);
  await closeOver(tx, run, records);
  const act = await partitionAct(tx, run, partition);
  await runAll(tx, [...act.before, ...sweptParents(run, planned)]);
  const acts = await recordItems(tx, run, planned);
  const early = await take(tx, act.early);
  await lockOut(tx, act);
  await refuseKeys(tx, run); // until now the first encryption may have given them some
  await recheckDoomed(tx, run, act, records);
  const taken = [...early, ...(await take(tx, act.late))];
  await runAll(tx, act.after);
  await recordOtherRows(tx, run, planned, rowsBeside(run, taken));
  for (const one of acts) await intend(one);
  const deleted = taken.filter(({ isDropped }) => !isDropped);
  return { kind: 'dropped', records, touched: deleted.reduce((sum, { rows }) => sum + rows, records) };
}

/** As every batch begins; one partition at a time, as two would wait for each other's row locks at the table's. */
async function begin(tx: Tx, run: Run): Promise<void> {
  const { work, closure, foreignKeys, plan } = run;
  const ownsAlone = closure.edges.some((edge) => edge.lastParent && isGuarded(edge, foreignKeys));
  await tx.script(
    [SETTINGS, PASS_GATE, ...(ownsAlone ? [OWN_ALONE] : []), PATIENCE, createWorkTables(work, closure)].join(
      ';\n',
    ),
  );
  await holdPlan(tx, plan.id);
  await refuseKeys(tx, run);
  await run.requireInForce(tx);
  const { rows } = await tx.query<Row & { alone: boolean }>(sql`select ${raw(PARTITION_ALONE)} as alone`);
  if (!rows[0]?.alone) throw elsewhere();
}

/** Thousands of keys at once, and texts to be counted: all that a batch does, and nothing would be gained by the drop. */
async function refuseKeys(tx: Tx, run: Run): Promise<void> {
  if (ownersIn(run).length > 0 && (await hasEncryption(tx)))
    throw rowByRow('its rows have keys of their own');
}

/** Works out what goes along; a single row that something stops, or that lies beside the partition, stops it all. */
async function closeOver(tx: Tx, run: Run, records: number): Promise<void> {
  const { work, closure, graph, plan, clock } = run;
  const { root } = closure;
  const protections = await readProtections(tx, graph, { asOf: plan.as_of, now: clock.now() });
  const fill = `insert into ${work.gone(root)} table ${work.roots(root)}`;
  await expandClosure(tx, work, closure, { first: [fill], analyze: true });
  if (isCyclic(closure)) {
    const { rows } = await tx.query<Row & { rows: string }>(
      sql`select count(*) as rows from ${raw(work.gone(root))}`,
    );
    if (Number(rows[0]?.rows) !== records) throw rowByRow('rows of other partitions would go along');
  }
  // the root's were looked at when its rows were held
  const beside = run.loose.filter((table) => table !== root);
  if (await markSharedKeys(tx, work, beside))
    throw rowByRow('rows that stay have keys of rows that hang on it');
  if (await findStopped(tx, run, protections)) throw rowByRow('a protection covers some of it');
}

/**
 * Locks the tables for the drop. Not when anybody waits for this transaction already: a writer with whom it would wait in a
 * circle, or somebody who places a hold, whose order then comes first.
 */
async function lockOut(tx: Tx, { doomed }: PartitionAct): Promise<void> {
  const { rows } = await tx.query<Row & { awaited: boolean }>(sql`
    select exists (select from pg_locks l where not l.granted and pg_backend_pid() = any (pg_blocking_pids(l.pid))) as awaited`);
  if (rows[0]?.awaited) throw inUse('somebody waits for rows of it');
  const tables = [
    ...new Set(doomed.map(({ table }) => table.sql)),
    ...doomed.map(({ partition }) => partition.sql),
  ];
  const names = tables.map((table) => `only ${table}`).join(', ');
  await tx.script(`${HASTE};\nlock table ${names} in access exclusive mode`);
}

/** Nobody can write any more: no row has come since, in the partition or in those of its children. */
async function recheckDoomed(tx: Tx, run: Run, { doomed }: PartitionAct, records: number): Promise<void> {
  for (const one of doomed) {
    if (one.table !== run.closure.root) {
      if (!(await losesEveryRow(tx, run, one))) throw inUse('rows came to what hangs on it');
    } else if ((await rowsOf(tx, one.partition)) !== records) throw rowByRow('a row came to it');
  }
}

async function runAll(tx: Tx, statements: readonly string[]): Promise<void> {
  if (statements.length > 0) await tx.script(statements.join(';\n'));
}

interface Taken {
  readonly table: string;
  readonly rows: number;
  readonly isDropped: boolean;
}

async function take(tx: Tx, steps: readonly Step[]): Promise<readonly Taken[]> {
  const taken: Taken[] = [];
  for (const step of steps)
    taken.push({
      table: step.table.id,
      rows: await takeStep(tx, step),
      isDropped: step.deletes === null,
    });
  return taken;
}

async function takeStep(tx: Tx, step: Step): Promise<number> {
  if (step.deletes !== null) return (await tx.query(sql`${raw(step.deletes)}`)).count;
  const rows = await rowsOf(tx, step.partition);
  await tx.script(dropStatements(step));
  return rows;
}

/** Rows of the other tables; the root's are counted with its items. */
function rowsBeside({ closure: { root } }: Run, taken: readonly Taken[]): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const { table, rows } of taken) if (table !== root.id) sums[table] = (sums[table] ?? 0) + rows;
  return sums;
}

/** Never with CASCADE: what else hangs on the partition stops it. */
const dropStatements = ({ table, partition }: Doomed): string =>
  `alter table ${table.sql} detach partition ${partition.sql};\ndrop table ${partition.sql}`;
