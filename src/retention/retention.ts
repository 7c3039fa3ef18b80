import type { Actor } from '../core/actor.js';
import { canonicalJson } from '../core/canonical-json.js';
import type { Clock } from '../core/clock.js';
import { LetheError, type Problem } from '../core/errors.js';
import { parseInstant, type Instant } from '../core/instant.js';
import type { Database } from '../db/database.js';
import { requireFit } from '../datamap/check.js';
import { closureOf } from '../datamap/closure.js';
import { readForeignKeys } from '../datamap/foreign-keys.js';
import type { MapGraph } from '../datamap/graph.js';
import { looseKeys } from '../datamap/loose-keys.js';
import { actorId, actorNames } from '../ledger/actor-directory.js';
import type { DestroyingKeys } from '../encryption/destroy-keys.js';
import { approvePlan, requireApproval } from '../disposal/approval.js';
import type { Run } from '../disposal/prepared-run.js';
import { syncFloors, type PoliciesInForce } from '../disposal/floors.js';
import { coveringPolicies, itemDigestOf, makePlan, rivalRules, type PlanRequest } from '../disposal/plan.js';
import { planDigest } from '../disposal/plan-digest.js';
import { findPlan, type PlanRow } from '../disposal/plan-store.js';
import { applyBatches, type ApplyWatch } from '../disposal/run.js';
import { versionText } from '../publication/version-store.js';
import { workTables } from '../disposal/work-tables.js';
import { sealLedger } from '../ledger/seal.js';
import type { Vault } from '../vault/vault.js';
import { readRetentionPolicy, type RetentionPolicy } from '../policy/retention-policy.js';
import { bindRule, matchesSql, takesSql, thenOrNow } from '../policy/rule-sql.js';

/** What retention works with: one database, one map, the policies in force. */
export interface RetentionContext {
  readonly db: Database;
  readonly graph: MapGraph;
  readonly policies: readonly RetentionPolicy[];
  readonly clock: Clock;
  readonly vault: Vault | null;
  /** Absent or null: nothing is encrypted, or the keys are not configured. */
  readonly keys?: DestroyingKeys | null;
}

/** The same for those who change something: others publish meanwhile. */
export interface ActingContext extends RetentionContext {
  readonly policiesInForce: PoliciesInForce;
}

/**
 * Plans a retention policy as of an instant (default: now); only the plan is written.
 * @throws LetheError `policy_unknown`, `input_invalid` (not an instant; a floor takes nothing)
 */
export async function planRetention(
  context: ActingContext,
  policyId: string,
  actor: Actor,
  asOfText?: string,
): Promise<PlanRow> {
  const asOf = asOfText === undefined ? context.clock.now() : readAsOf(asOfText);
  return planAsOf(context, policyId, actor, { asOf });
}

/**
 * Plans a policy for a slot of its schedule, as of that slot.
 * @throws LetheError what planRetention throws, and `plan_underway` when another process does so, or has
 */
export const planSlot = (
  context: ActingContext,
  policyId: string,
  slot: Instant,
  actor: Actor,
): Promise<PlanRow> => planAsOf(context, policyId, actor, { asOf: slot, slot });

async function planAsOf(
  context: ActingContext,
  policyId: string,
  actor: Actor,
  when: Pick<PlanRequest, 'asOf' | 'slot'>,
): Promise<PlanRow> {
  const { db, graph, policies, clock } = context;
  const policy = findPolicy(policies, policyId);
  await requireFit(db, graph);
  const author = await actorId(db, actor.name);
  await syncFloors(db, context.policiesInForce, author);
  return makePlan(db, { graph, policy, policies, ...when, now: clock.now(), author });
}

function findPolicy(policies: readonly RetentionPolicy[], id: string): RetentionPolicy {
  const policy = policies.find((candidate) => candidate.id === id);
  const known = policies.filter(({ action }) => action === 'delete').map((candidate) => candidate.id);
  if (!policy) throw new LetheError('policy_unknown', { policy: id, known: known.join(', ') || 'none' });
  if (policy.action === 'keep')
    throw new LetheError('input_invalid', { what: id, reason: 'is a duty to keep; it takes no records' });
  return policy;
}

export function readAsOf(text: string): Instant {
  const asOf = parseInstant(text);
  if (asOf === null)
    throw new LetheError('input_invalid', {
      what: '--as-of',
      reason: 'write an instant such as 2026-11-21T00:00:00Z',
    });
  return asOf;
}

/**
 * Approves a plan that can still be applied.
 * @throws LetheError what approvePlan throws, and `plan_changed` when it rests on what is no longer in force
 */
export async function approveRetention(
  context: RetentionContext,
  planId: string,
  actor: Actor,
): Promise<PlanRow> {
  const plan = await findPlan(context.db, planId);
  requireOpen(plan);
  await policiesOfPlan(context, plan);
  return approvePlan(context.db, planId, actor, context.clock);
}

function requireOpen({ id, state }: PlanRow): void {
  if (state === 'done' || state === 'withdrawn') throw new LetheError('plan_finished', { plan: id, state });
}

/**
 * Applies an approved plan, or goes on with one that was interrupted; several processes may do so at once.
 * @throws LetheError `plan_unknown`, `plan_finished`, `plan_changed`, `plan_not_due`, `plan_not_approved`, `run_incomplete`
 */
export async function applyRetention(
  context: ActingContext,
  planId: string,
  actor: Actor,
  watch: ApplyWatch = {},
): Promise<PlanRow> {
  const { db, clock } = context;
  const plan = await findPlan(db, planId);
  requireOpen(plan);
  const policies = await policiesOfPlan(context, plan);
  const now = clock.now();
  if (plan.as_of > now) throw new LetheError('plan_not_due', { plan: planId, asOf: plan.as_of });
  const author = (await actorNames(db)).get(plan.created_by) ?? plan.created_by;
  await requireApproval(db, plan, { now, author });
  const by = { actor: await actorId(db, actor.name), startedAt: now };
  const run = await prepareRun(context, plan, policies, by);
  await syncFloors(db, context.policiesInForce, run.actor);
  const done = await applyBatches(db, run, watch);
  if (context.vault) await sealLedger({ ...context, vault: context.vault }); // a certificate waits for its seal
  return done;
}

/**
 * The policies a plan rests on, read from the texts it stored.
 * @throws LetheError `plan_changed` when map, policies or items are no longer those of the plan
 */
async function policiesOfPlan(
  { db, graph, policies }: RetentionContext,
  plan: PlanRow,
): Promise<readonly RetentionPolicy[]> {
  const changed = (what: string): LetheError =>
    new LetheError('plan_changed', { plan: plan.id, what, policy: plan.policy });
  if (plan.map_digest !== graph.digest) throw changed('a data map');
  const digests = digestsNow({ graph, policies }, plan);
  if (!digests) throw changed('policies');
  const item_digest = await db.transaction((tx) => itemDigestOf(tx, plan.id));
  if (item_digest !== plan.item_digest) throw changed('items');
  const isSame = canonicalJson(digests) === canonicalJson(plan.policy_digests);
  if (!isSame || planDigest({ ...plan, item_digest }) !== plan.digest) throw changed('policies');
  return Promise.all(
    Object.entries(digests).map(([id, digest]) => storedPolicy({ db, graph }, id, digest, changed)),
  );
}

/** Policy id → digest, of what a plan would rest on now; null when its policy or its map is no longer there. */
export function digestsNow(
  { graph, policies }: Pick<RetentionContext, 'graph' | 'policies'>,
  plan: PlanRow,
): PlanRow['policy_digests'] | null {
  const inForce = policies.find(({ id }) => id === plan.policy);
  if (!inForce || plan.map_digest !== graph.digest) return null;
  const covering = coveringPolicies(graph, inForce, policies);
  return Object.fromEntries(covering.map(({ id, digest }) => [id, digest]));
}

async function storedPolicy(
  { db, graph }: Pick<RetentionContext, 'db' | 'graph'>,
  id: string,
  digest: string,
  changed: (what: string) => LetheError,
): Promise<RetentionPolicy> {
  const text = await versionText(db, digest);
  const problems: Problem[] = [];
  const policy =
    text === null ? null : readRetentionPolicy(graph, { path: id, content: JSON.parse(text) }, problems);
  if (policy?.digest !== digest) throw changed('policies');
  return policy;
}

async function prepareRun(
  { db, graph, clock, vault, keys = null, policiesInForce }: ActingContext,
  plan: PlanRow,
  policies: readonly RetentionPolicy[],
  by: Pick<Run, 'actor' | 'startedAt'>,
): Promise<Run> {
  const policy = findPolicy(policies, plan.policy);
  const rule = bindRule(policy, plan.as_of);
  if (rule.cutoff !== plan.cutoff)
    throw new LetheError('plan_changed', { plan: plan.id, what: 'time zone rules', policy: plan.policy });
  const closure = closureOf(graph, policy.table);
  return {
    plan,
    graph,
    closure,
    work: workTables(graph),
    foreignKeys: await readForeignKeys(db),
    loose: await looseKeys(db, closure.inner),
    takes: takesSql(rule),
    rivals: rivalRules(policy, policies).map(({ rival, outcome }) => ({
      id: rival.id,
      matches: thenOrNow(rival, { asOf: plan.as_of, now: by.startedAt }, matchesSql),
      outcome,
    })),
    requireInForce: async (tx) => {
      if (rulesFor(policy, await policiesInForce(tx)) !== rulesFor(policy, policies))
        throw new LetheError('plan_changed', { plan: plan.id, what: 'policies', policy: plan.policy });
    },
    ...by,
    clock,
    vault,
    keys,
  };
}

/** Digests of the disposal rules for a policy's records. Duties to keep are protections, which every batch looks at anyway. */
const rulesFor = ({ table }: RetentionPolicy, policies: readonly RetentionPolicy[]): string =>
  policies
    .filter((policy) => policy.action === 'delete' && policy.table === table)
    .map(({ digest }) => digest)
    .sort()
    .join();
