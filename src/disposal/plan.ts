import { newId } from '../core/ids.js';
import type { Instant } from '../core/instant.js';
import { literal, raw, sql } from '../db/sql.js';
import type { Database, Row, Tx } from '../db/database.js';
import { throughDoor } from '../db/disposal-door.js';
import { closureOf, type Closure } from '../datamap/closure.js';
import type { MapGraph, MapTable } from '../datamap/graph.js';
import { keyArray, keyAsText, keyValue, sameKey } from '../datamap/key-sql.js';
import { looseKeys } from '../datamap/loose-keys.js';
import type { RetentionPolicy } from '../policy/retention-policy.js';
import { bindRule, matchesSql, takesSql, thenOrNow, type BoundRule } from '../policy/rule-sql.js';
import { isCyclic } from './check-roots.js';
import { emptyWorkTables, expandClosure } from './closure-sql.js';
import { ownersAbove } from './covered.js';
import { planDigest } from './plan-digest.js';
import { findPlan, insertPlan, type PlanRow } from './plan-store.js';
import { storeChunksByPartition } from './partition-plan.js';
import type { PlannedPartition, PlanReport } from './plan-report.js';
import { readProtections, type ProtectedRows } from './protections.js';
import { claimPlanning, scheduled, underway } from './scheduled.js';
import { reportOf } from './report-plan.js';
import { markSharedKeys } from './shared-keys.js';
import { findStopped } from './stopped.js';
import { storeVersion } from '../publication/version-store.js';
import { CAUSE, createWorkTables, workSelect, workTables, type WorkTables } from './work-tables.js';

/** All keys of a plan are sorted and joined at once; 4 MB, the server's default, would send them through files. */
export const PLAN_SETTINGS = `set local jit = off; set local client_min_messages = warning; set local work_mem = '64MB'`;

/** Roots a batch takes on at once: one transaction each. */
const CHUNK_SIZE = 400;

export interface PlanRequest {
  readonly graph: MapGraph;
  readonly policy: RetentionPolicy;
  /** Every policy in force. */
  readonly policies: readonly RetentionPolicy[];
  readonly asOf: Instant;
  readonly now: Instant;
  /** Actor id of the author. */
  readonly author: string;
  /** The slot of the policy's schedule it is made for; absent: a person asked for it. */
  readonly slot?: Instant;
}

/** What the steps of planning share. */
interface Planning {
  readonly id: string;
  readonly request: PlanRequest;
  readonly rule: BoundRule;
  readonly closure: Closure;
  readonly work: WorkTables;
}

/** Policies that can touch what goes with the roots of this one: the plan rests on their digests too. */
export function coveringPolicies(
  graph: MapGraph,
  policy: RetentionPolicy,
  policies: readonly RetentionPolicy[],
): readonly RetentionPolicy[] {
  const { tables } = closureOf(graph, policy.table);
  const above = ownersAbove(graph, policy.table);
  return policies.filter(
    ({ table, action }) => tables.includes(table) || (action === 'keep' && above.includes(table)),
  );
}

/**
 * Works out what a retention rule would take, in one snapshot, and stores it: roots in chunks, exceptions with their
 * reason, counts. Nothing but the plan is written.
 */
export async function makePlan(db: Database, request: PlanRequest): Promise<PlanRow> {
  const { graph, policy, asOf } = request;
  const closure = closureOf(graph, policy.table);
  const rule = bindRule(policy, asOf);
  const planning: Planning = { id: newId('plan'), request, rule, closure, work: workTables(graph) };
  const { slot } = request;
  await throughDoor(
    db,
    async (tx) => {
      if (slot !== undefined) await claimPlanning(tx, policy.id, slot);
      await tx.script(`${PLAN_SETTINGS};\n${createWorkTables(planning.work, closure)}`);
      await selectRoots(tx, planning);
      await setConflictsApart(tx, planning);
      await setProtectedApart(tx, planning);
      const partitions = await storeChunks(tx, planning);
      const found = await reportOf(tx, planning, selectStatement(planning));
      const report = { ...found, ...(partitions.length > 0 ? { partitions } : {}) };
      await storePlan(tx, planning, await itemDigestOf(tx, planning.id), report);
    },
    { isolation: 'repeatable read' },
  ).catch((error: unknown) => {
    throw underway(error, policy.id, slot);
  });
  return findPlan(db, planning.id);
}

const selectStatement = ({ rule, work, closure: { root } }: Planning): string =>
  `select ${workSelect(work, root, 'this')} from ${root.sql} this where ${takesSql(rule)}`;

async function selectRoots(tx: Tx, planning: Planning): Promise<void> {
  const { work, closure } = planning;
  const roots = work.roots(closure.root);
  await tx.script(`insert into ${roots} ${selectStatement(planning)};\nanalyze ${roots}`);
}

/** Two rules that match one record: neither takes it, until one names the other in `overrides`. */
async function setConflictsApart(tx: Tx, planning: Planning): Promise<void> {
  const { id, closure, request, rule } = planning;
  const { root } = closure;
  const apart = rivalRules(request.policy, request.policies).map(({ rival, outcome }) => {
    const matches = thenOrNow(rival, request, matchesSql);
    return `insert into lethe.exception (plan_id, key, found_by, outcome, cause)
      select ${literal(id)}, ${keyAsText(root, 'this')}, 'plan', '${outcome}', ${literal(rival.id)}
      from ${root.sql} this where ${takesSql(rule)} and ${matches}`;
  });
  if (apart.length > 0) await tx.script([...apart, removeExceptions(planning)].join(';\n'));
}

/** The disposal rules that compete for this rule's records, and what becomes of a record both match. */
export function rivalRules(policy: RetentionPolicy, policies: readonly RetentionPolicy[]) {
  return policies
    .filter((other) => other.id !== policy.id && other.action === 'delete' && other.table === policy.table)
    .filter((other) => !policy.overrides.includes(other.id))
    .map((rival) => ({
      rival,
      outcome: rival.overrides.includes(policy.id) ? ('overridden' as const) : ('conflict' as const),
    }));
}

async function setProtectedApart(tx: Tx, planning: Planning): Promise<void> {
  const { work, closure, request } = planning;
  const protections = await readProtections(tx, request.graph, request);
  const loose = await looseKeys(tx, closure.inner);
  const deep = needsClosure(closure, protections, loose);
  await fillRoots(tx, planning);
  if (deep) await expandClosure(tx, work, closure, { analyze: true });
  const shared = await markSharedKeys(tx, work, loose);
  const stopped = await findStopped(tx, { graph: request.graph, work, closure }, protections, shared);
  if (stopped) await tx.script([storeProtected(planning), removeExceptions(planning)].join(';\n'));
  if (stopped && deep) {
    await tx.script(emptyWorkTables(work, closure));
    await fillRoots(tx, planning);
  } else if (stopped) await tx.script(removeHits(planning));
  if (stopped || !deep) await expandClosure(tx, work, closure, { analyze: true });
}

/**
 * What stops the roots themselves, or what they belong to, is found without working out what goes along with them.
 * @param loose tables of the closure that can have several rows of one key
 */
export const needsClosure = (
  closure: Closure,
  protections: readonly ProtectedRows[],
  loose: readonly MapTable[],
): boolean =>
  isCyclic(closure) ||
  [...protections.map(({ table }) => table), ...loose].some(
    (table) => table !== closure.root && closure.tables.includes(table),
  );

const storeProtected = ({ id, work, closure: { root } }: Planning): string =>
  `insert into lethe.exception (plan_id, key, found_by, outcome, cause)
   select distinct ${literal(id)}, ${keyAsText(root, 'roots')}, 'plan', 'protected', hits.${CAUSE}
   from ${work.roots(root)} roots join ${work.hits(root)} hits on ${sameKey(root, 'roots', 'hits')}`;

/** Where nothing but the roots was worked out, taking away the few is cheaper than filling the many in again. */
const removeHits = ({ work, closure: { root } }: Planning): string =>
  `delete from ${work.gone(root)} gone using ${work.hits(root)} hits where ${sameKey(root, 'gone', 'hits')};\ntruncate ${work.hits(root)}`;

async function fillRoots(tx: Tx, { work, closure: { root } }: Planning): Promise<void> {
  await tx.script(`insert into ${work.gone(root)} table ${work.roots(root)};\nanalyze ${work.gone(root)}`);
}

function removeExceptions({ id, work, closure: { root } }: Planning): string {
  return `delete from ${work.roots(root)} roots using lethe.exception e
    where e.plan_id = ${literal(id)} and e.key = ${keyAsText(root, 'roots')}`;
}

/** Stores the roots in chunks in the order of their keys; returns the partitions that would go as a whole. */
async function storeChunks(
  tx: Tx,
  { id, work, closure: { root } }: Planning,
): Promise<readonly PlannedPartition[]> {
  if (root.partitionedBy !== null) return storeChunksByPartition(tx, id, work, root, CHUNK_SIZE);
  const { column } = keyArray(root);
  const order = root.key.map(({ sql: name }) => `roots.${name}`).join(', ');
  await tx.query(sql`
    insert into lethe.chunk (plan_id, no, ${raw(column)}, items, digest)
    select ${id}, no, array_agg(key order by place), count(*),
      encode(sha256(convert_to(string_agg(key::text, E'\n' order by place), 'UTF8')), 'hex')
    from (
      select key, place, ((place - 1) / ${CHUNK_SIZE}::int)::int as no
      from (
        select ${raw(keyValue(root, 'roots'))} as key, row_number() over (order by ${raw(order)}) as place
        from ${raw(work.roots(root))} roots) placed
    ) numbered
    group by no`);
  return [];
}

/** SHA-256 over the chunks' digests: what an approval covers. */
export async function itemDigestOf(tx: Tx, planId: string): Promise<string> {
  const { rows } = await tx.query<Row & { digest: string }>(sql`
    select encode(sha256(convert_to(coalesce(string_agg(digest, E'\n' order by no), ''), 'UTF8')), 'hex') as digest
    from lethe.chunk where plan_id = ${planId}`);
  return rows[0]?.digest ?? '';
}

async function storePlan(tx: Tx, planning: Planning, itemDigest: string, report: PlanReport): Promise<void> {
  const { id, request, rule, closure } = planning;
  const { graph, policy, policies, author, asOf, slot } = request;
  const items = await countItems(tx, id);
  const decision =
    slot === undefined
      ? null
      : await scheduled(tx, policy, { map: graph.digest, items: Number(items), slot });
  const covering = coveringPolicies(graph, policy, policies);
  await storeVersion(
    tx,
    { digest: graph.digest, kind: 'data-map', name: graph.id, text: graph.text },
    author,
  );
  for (const { digest, id: name, text } of covering)
    await storeVersion(tx, { digest, kind: 'retention', name, text }, author);
  const basis = {
    policy: policy.id,
    map_digest: graph.digest,
    policy_digests: Object.fromEntries(covering.map((other) => [other.id, other.digest])),
    item_digest: itemDigest,
    as_of: asOf,
    cutoff: rule.cutoff,
    record: closure.root.concept ?? closure.root.id,
    approvers: decision?.byItself ? 0 : policy.entry.approval.approvers,
    assurance: policy.entry.approval.assurance,
    role: policy.entry.approval.role ?? null,
    valid_for: policy.entry.approval.validFor,
    slot: slot ?? null,
    created_by: author,
  };
  await insertPlan(tx, {
    id,
    ...basis,
    digest: planDigest(basis),
    items,
    report: decision ? { ...report, scheduled: decision } : report,
  });
}

async function countItems(tx: Tx, planId: string): Promise<string> {
  const { rows } = await tx.query<Row & { items: string }>(sql`
    select coalesce(sum(items), 0)::bigint as items from lethe.chunk where plan_id = ${planId}`);
  return rows[0]?.items ?? '0';
}
