import { digestOf } from '../core/digest.js';
import { newId } from '../core/ids.js';
import type { Instant } from '../core/instant.js';
import { literal, raw, sql } from '../db/sql.js';
import type { Database, Row, Tx } from '../db/database.js';
import { throughDoor } from '../db/disposal-door.js';
import { closureOf, type Closure } from '../datamap/closure.js';
import { readForeignKeys } from '../datamap/foreign-keys.js';
import type { MapGraph, MapTable } from '../datamap/graph.js';
import { keyArray, keyAsText, keyValue, sameKey } from '../datamap/key-sql.js';
import { looseKeys } from '../datamap/loose-keys.js';
import { factValue } from '../policy/fact-sql.js';
import type { RetentionPolicy } from '../policy/retention-policy.js';
import { bindRule, matchesSql, takesSql, thenOrNow, type BoundRule } from '../policy/rule-sql.js';
import { isCyclic } from './check-roots.js';
import { actStatements, countStatements, emptyWorkTables, expandClosure } from './closure-sql.js';
import { ownersAbove } from './covered.js';
import { findPlan, insertPlan, type NewPlan, type PlanRow } from './plan-store.js';
import { storeChunksByPartition } from './partition-plan.js';
import type { PlannedPartition, PlanReport } from './plan-report.js';
import { readProtections, type ProtectedRows } from './protections.js';
import { claimPlanning, scheduled, underway } from './scheduled.js';
import { activeProtections } from './protection-store.js';
import { markSharedKeys, SHARED_KEY } from './shared-keys.js';
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
      const report = { ...(await reportOf(tx, planning)), ...(partitions.length > 0 ? { partitions } : {}) };
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

async function reportOf(tx: Tx, planning: Planning): Promise<PlanReport> {
  const { work, closure } = planning;
  const act = actStatements(work, closure, await readForeignKeys(tx)).map((statement) => statement.sql);
  const exceptions = await exceptionCounts(tx, planning.id);
  return {
    tables: await tableCounts(tx, planning),
    ...(await startsOf(tx, planning)),
    protected: await protectionCounts(tx, exceptions),
    conflicts: ofOutcome(exceptions, 'conflict'),
    overridden: ofOutcome(exceptions, 'overridden'),
    sql: { select: selectStatement(planning), act },
  };
}

async function tableCounts(tx: Tx, { work, closure }: Planning): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const { table, sql: count } of countStatements(work, closure)) {
    const { rows } = await tx.query<Row & { rows: string }>(sql`${raw(count)}`);
    counts[table.id] = Number(rows[0]?.rows ?? 0);
  }
  return counts;
}

async function startsOf(
  tx: Tx,
  planning: Planning,
): Promise<Pick<PlanReport, 'oldest' | 'newest' | 'months'>> {
  const { work, closure, rule } = planning;
  const { root } = closure;
  const { rows } = await tx.query<Row & { month: string; items: string; oldest: string; newest: string }>(sql`
    select to_char(month, 'YYYY-MM') as month, items, oldest, newest
    from (
      select date_trunc('month', start at time zone ${rule.policy.timeZone}) as month, count(*) as items,
        min(start) as oldest, max(start) as newest
      from (select (${raw(factValue(rule.policy.start))})::timestamptz as start
            from ${raw(root.sql)} this join ${raw(work.roots(root))} roots on ${raw(sameKey(root, 'this', 'roots'))}) starts
      group by 1
    ) months
    order by 1`);
  return {
    oldest: rows.map(({ oldest }) => oldest).sort()[0] ?? null,
    newest:
      rows
        .map(({ newest }) => newest)
        .sort()
        .at(-1) ?? null,
    months: Object.fromEntries(rows.map(({ month, items }) => [month, Number(items)])),
  };
}

interface ExceptionCount extends Row {
  readonly outcome: string;
  readonly cause: string;
  readonly records: string;
}

async function exceptionCounts(tx: Tx, planId: string): Promise<readonly ExceptionCount[]> {
  const { rows } = await tx.query<ExceptionCount>(sql`
    select outcome, cause, count(*) as records from lethe.exception where plan_id = ${planId}
    group by outcome, cause order by outcome, cause`);
  return rows;
}

const ofOutcome = (counts: readonly ExceptionCount[], outcome: string) =>
  counts
    .filter((count) => count.outcome === outcome)
    .map(({ cause, records }) => ({ rule: cause, records: Number(records) }));

async function protectionCounts(tx: Tx, counts: readonly ExceptionCount[]): Promise<PlanReport['protected']> {
  const found = counts.filter(({ outcome }) => outcome === 'protected');
  if (found.length === 0) return [];
  const protections = new Map((await activeProtections(tx)).map((row) => [row.id, row]));
  return found.map(({ cause, records }) => {
    const row = cause === SHARED_KEY ? SHARED : protections.get(cause);
    return { by: cause, kind: row?.kind ?? '', ground: row?.ground ?? '', records: Number(records) };
  });
}

/** No protection, but as good as one: nothing tells these rows from others. */
const SHARED = { kind: 'key', ground: 'rows that do not go have the same key' };

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

/** What a plan's digest covers; apply computes it again from what is stored. */
export const planDigest = (basis: PlanBasis): string => {
  const { role, valid_for, slot } = basis;
  return digestOf({ ...firstBasis(basis), role, valid_for, slot });
};

/** What it covered before approvals had a role and an end, and plans a slot. */
const firstBasis = (basis: PlanBasis): object => {
  const { policy, map_digest, policy_digests, item_digest, as_of, cutoff } = basis;
  const { record, approvers, assurance, created_by } = basis;
  return {
    policy,
    map_digest,
    policy_digests,
    item_digest,
    as_of,
    cutoff,
    record,
    approvers,
    assurance,
    created_by,
  };
};

/** Whether a stored plan is the one that its digest names; one of an earlier version of Lethe has what migration 0003 gave it. */
export function isAsPlanned(plan: PlanBasis & { readonly digest: string }): boolean {
  if (planDigest(plan) === plan.digest) return true;
  const isEarlier = plan.role === null && plan.slot === null && plan.valid_for === 'P30D';
  return isEarlier && digestOf(firstBasis(plan)) === plan.digest;
}

type PlanBasis = Omit<NewPlan, 'id' | 'digest' | 'items' | 'report'>;

async function countItems(tx: Tx, planId: string): Promise<string> {
  const { rows } = await tx.query<Row & { items: string }>(sql`
    select coalesce(sum(items), 0)::bigint as items from lethe.chunk where plan_id = ${planId}`);
  return rows[0]?.items ?? '0';
}
