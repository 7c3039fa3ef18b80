import type { Clock } from '../core/clock.js';
import { literal, raw, sql } from '../db/sql.js';
import type { Database, Row, Tx } from '../db/database.js';
import { throughDoor } from '../db/disposal-door.js';
import type { Closure, ForeignKey } from '../datamap/closure.js';
import type { MapGraph, MapTable } from '../datamap/graph.js';
import { isGuarded } from '../datamap/foreign-keys.js';
import { keyArray, keyAsText, keyIn, keyValue, sameKey } from '../datamap/key-sql.js';
import { recordName } from '../datamap/record-ref.js';
import { appendEntry } from '../ledger/append.js';
import {
  claimChunk,
  recordChunk,
  type BatchOutcome,
  type Chunk,
  type ChunkException,
} from './chunk-store.js';
import { actStatements, emptyWorkTables, expandClosure, expandRoots } from './closure-sql.js';
import { passGate } from './gate.js';
import type { PlanRow } from './plan-store.js';
import { readProtections } from './protections.js';
import { arrayLiteral, findStopped, unlockedHits } from './stopped.js';
import { CAUSE, createWorkTables, workSelect, type WorkTables } from './work-tables.js';

/** A plan being applied: everything its batches need, worked out once. */
export interface Run {
  readonly plan: PlanRow;
  readonly graph: MapGraph;
  readonly closure: Closure;
  readonly work: WorkTables;
  readonly foreignKeys: readonly ForeignKey[];
  /** Predicate over `this`: the rule takes the record. The same text selected the plan's roots. */
  readonly takes: string;
  /** Rules that compete for the record: predicate over `this` and outcome. */
  readonly rivals: readonly {
    readonly id: string;
    readonly matches: string;
    readonly outcome: 'conflict' | 'overridden';
  }[];
  readonly actor: string;
  readonly clock: Clock;
}

/**
 * One batch, one transaction (DESIGN invariants 3 and 4): gate, lock, re-check in a new snapshot, delete, ledger entry,
 * progress; all of it commits together or none.
 */
export function runBatch(db: Database, run: Run, tired: readonly number[]): Promise<BatchOutcome> {
  return throughDoor(db, async (tx) => {
    await prepareBatch(tx, run);
    const chunk = await claimChunk(tx, run.plan.id, run.closure.root, tired);
    if (!chunk) return { kind: 'none' };
    const locked = await lockRoots(tx, run, chunk);
    const missing = await missingRoots(tx, run, chunk, locked);
    const unfit = await recheck(tx, run, chunk, locked);
    const stopped = await setStoppedApart(tx, run, locked);
    const taken = await remainingRoots(tx, run);
    const deleted = taken.length > 0 ? await act(tx, run, chunk.no) : {};
    const exceptions = [...missing, ...unfit, ...stopped];
    await recordChunk(tx, run.plan.id, chunk.no, { taken: taken.length, deleted, exceptions });
    if (taken.length > 0) await appendBatchEntry(tx, run, chunk.no, taken, deleted);
    const busy = exceptions.filter(({ outcome }) => outcome === 'busy').length;
    return { kind: 'batch', chunk: chunk.no, taken: taken.length, busy };
  });
}

async function prepareBatch(tx: Tx, { work, closure }: Run): Promise<void> {
  // a child row that an agent has open must not stop the run for long
  const settings = `set local jit = off; set local client_min_messages = warning; set local lock_timeout = '5s'`;
  await tx.script(`${settings};\n${createWorkTables(work, closure)}`);
  await passGate(tx);
}

/** Statement 1: locks the roots and every row of their table that goes along; what is locked elsewhere is left out. */
async function lockRoots(tx: Tx, { work, closure }: Run, chunk: Chunk): Promise<readonly string[]> {
  const { root } = closure;
  const own = raw(keyIn(root, 'this', arrayLiteral(chunk.keys, keyArray(root).type)));
  if (isCyclic(closure)) {
    await tx.script(
      `insert into ${work.gone(root)} select ${workSelect(work, root, 'this')} from ${root.sql} this where ${own.sql}`,
    );
    await expandRoots(tx, work, closure);
  }
  const members = `exists (select from ${work.gone(root)} gone where ${sameKey(root, 'gone', 'this')})`;
  const { rows } = await tx.query<Row & { key: string }>(sql`
    select ${raw(keyValue(root, 'this'))}::text as key from ${raw(root.sql)} this
    where ${isCyclic(closure) ? raw(members) : own}
    for update of this skip locked`);
  if (isCyclic(closure)) await tx.script(emptyWorkTables(work, closure));
  return rows.map(({ key }) => key);
}

/** Whether rows of the root table can go along with a root: merged tickets, reminders, replies. */
const isCyclic = ({ root, components }: Closure): boolean =>
  components.some(({ tables, inside }) => tables.includes(root) && inside.length > 0);

/** Keys that could not be locked: gone for good, or in somebody else's hands. */
async function missingRoots(
  tx: Tx,
  { closure: { root } }: Run,
  chunk: Chunk,
  locked: readonly string[],
): Promise<readonly ChunkException[]> {
  const held = new Set(locked);
  const missing = chunk.keys.filter((key) => !held.has(key));
  if (missing.length === 0) return [];
  const { rows } = await tx.query<Row & { key: string }>(sql`
    select ${raw(keyAsText(root, 'this'))} as key from ${raw(root.sql)} this
    where ${raw(keyIn(root, 'this', arrayLiteral(missing, keyArray(root).type)))}`);
  const present = new Set(rows.map(({ key }) => key));
  return missing.map((key) => ({ key, outcome: present.has(key) ? 'busy' : 'gone', cause: '' }));
}

/** Statement 2, in a snapshot taken after the locks: same condition, same cutoff, rival rules. Fills `roots`. */
async function recheck(
  tx: Tx,
  { work, closure: { root }, takes, rivals }: Run,
  chunk: Chunk,
  locked: readonly string[],
): Promise<readonly ChunkException[]> {
  const held = new Set(locked);
  const candidates = chunk.keys.filter((key) => held.has(key));
  const own = keyIn(root, 'this', arrayLiteral(candidates, keyArray(root).type));
  const claimed = rivals.map(({ id, matches }) => `when ${matches} then ${literal(id)}`).join(' ');
  const rival = rivals.length > 0 ? `case ${claimed} end` : 'null::text';
  const { rows } = await tx.query<Row & { key: string; rival: string | null }>(sql`
    select ${raw(keyAsText(root, 'this'))} as key, ${raw(rival)} as rival
    from ${raw(root.sql)} this where ${raw(own)} and ${raw(takes)}`);
  const fit = rows.filter((row) => row.rival === null).map(({ key }) => key);
  await tx.script(
    `insert into ${work.roots(root)} select ${workSelect(work, root, 'this')} from ${root.sql} this where ${keyIn(root, 'this', arrayLiteral(fit, keyArray(root).type))}`,
  );
  const matching = new Map(rows.map(({ key, rival: rule }) => [key, rule]));
  return candidates.flatMap((key): ChunkException[] => {
    const rule = matching.get(key);
    if (rule === undefined) return [{ key, outcome: 'changed', cause: '' }];
    const outcome = rivals.find(({ id }) => id === rule)?.outcome;
    return rule === null || !outcome ? [] : [{ key, outcome, cause: rule }];
  });
}

/** Works out the closure, and takes out every root that a protection or a foreign lock on any of its rows stops. */
async function setStoppedApart(
  tx: Tx,
  run: Run,
  locked: readonly string[],
): Promise<readonly ChunkException[]> {
  const { work, closure, graph, plan } = run;
  const { root } = closure;
  const protections = await readProtections(tx, graph, plan.as_of);
  await fillClosure(tx, run);
  const unlocked = isCyclic(closure)
    ? [unlockedHits(work, closure, arrayLiteral(locked, keyArray(root).type))]
    : [];
  if (!(await findStopped(tx, run, protections, unlocked))) return [];
  const { rows } = await tx.query<Row & { key: string; cause: string }>(sql`
    select distinct ${raw(keyAsText(root, 'roots'))} as key, hits.${raw(CAUSE)} as cause
    from ${raw(work.roots(root))} roots join ${raw(work.hits(root))} hits on ${raw(sameKey(root, 'roots', 'hits'))}`);
  await tx.script(
    `delete from ${work.roots(root)} roots using ${work.hits(root)} hits where ${sameKey(root, 'roots', 'hits')};\n${emptyWorkTables(work, closure)}`,
  );
  await fillClosure(tx, run);
  return rows.map(({ key, cause }) =>
    cause === 'busy' ? { key, outcome: 'busy', cause: '' } : { key, outcome: 'protected', cause },
  );
}

async function fillClosure(tx: Tx, { work, closure }: Run): Promise<void> {
  await tx.script(`insert into ${work.gone(closure.root)} table ${work.roots(closure.root)}`);
  await expandClosure(tx, work, closure);
}

async function remainingRoots(tx: Tx, { work, closure: { root } }: Run): Promise<readonly string[]> {
  const { rows } = await tx.query<Row & { key: string }>(sql`
    select ${raw(keyAsText(root, 'roots'))} as key from ${raw(work.roots(root))} roots`);
  return rows.map(({ key }) => key);
}

/** Deletes children first, in one message; returns the rows deleted by table of the map. */
async function act(tx: Tx, run: Run, chunk: number): Promise<Readonly<Record<string, number>>> {
  const { work, closure, foreignKeys, plan } = run;
  const statements = [
    ...sweptParents(run, plan.id, chunk).map((text) => ({ sql: text, deletes: null })),
    ...actStatements(work, closure, foreignKeys),
  ];
  const counts = await tx.script(statements.map((statement) => statement.sql).join(';\n'));
  const deleted: Record<string, number> = {};
  statements.forEach(({ deletes }, index) => {
    if (deletes) deleted[deletes.id] = (deleted[deletes.id] ?? 0) + (counts[index] ?? 0);
  });
  return deleted;
}

/** Remembers deleted parents whose late children no foreign key would refuse, until the sweep. */
function sweptParents({ work, closure, foreignKeys }: Run, planId: string, chunk: number): readonly string[] {
  return unguardedParents(closure, foreignKeys).map(
    (table) =>
      `insert into lethe.swept_parent (plan_id, chunk, table_id, row_values)
       select ${literal(planId)}, ${chunk}, ${literal(table.id)}, to_jsonb(gone) from ${work.gone(table)} gone`,
  );
}

/** Parents with an edge that the server does not guard by a foreign key. */
export function unguardedParents(closure: Closure, foreignKeys: readonly ForeignKey[]): readonly MapTable[] {
  const open = closure.edges.filter((edge) => !isGuarded(edge, foreignKeys));
  return closure.inner.filter((table) => open.some(({ parent }) => parent === table));
}

async function appendBatchEntry(
  tx: Tx,
  { plan, actor, clock, closure }: Run,
  chunk: number,
  taken: readonly string[],
  counts: Readonly<Record<string, number>>,
): Promise<void> {
  await appendEntry(tx, {
    kind: 'retention.batch',
    at: clock.now(),
    actor,
    about: { plan: plan.id, policy: plan.policy, chunk },
    counts,
    digests: { plan: plan.digest, map: plan.map_digest },
    names: taken.map((key) => recordName(closure.root, key)),
  });
}
