import { digestOf } from '../core/digest.js';
import { LetheError } from '../core/errors.js';
import type { Tx } from '../db/database.js';
import { approvedPlanOf } from '../disposal/approval-store.js';
import { isAsPlanned } from '../disposal/plan-digest.js';
import { findPlan, type PlanRow } from '../disposal/plan-store.js';
import { actorNames } from '../ledger/actor-directory.js';
import { sealLedger } from '../ledger/seal.js';
import { requireVault } from '../ledger/vault-link.js';
import { agreed, deedsOf, type Deeds } from './certificate-deeds.js';
import type { Certificate, CertificateFacts, PublishedFacts, WithoutApproval } from './certificate-facts.js';
import { placesOf, provenLedger, type PlanLedger } from './certificate-ledger.js';
import { destroyedKeysOf, requireDestroyed, type KeysQuestion } from './certificate-keys.js';
import { limitsOf } from './certificate-limits.js';
import { databaseOf, keptOf, runCounts, versionOf } from './certificate-store.js';
import { listPublications } from '../publication/publication-store.js';
import type { RetentionInput } from '../policy/retention-schema.js';
import type { RetentionContext } from './retention.js';

/**
 * The certificate of a finished run. Seals the ledger first where that is still to be done.
 * @throws LetheError `plan_unknown`, `certificate_unfinished`, `keys_pending`, `certificate_unsealed`, `certificate_contradicted` (ledger and
 *   tables disagree), `ledger_broken`
 */
export async function certificateOf(context: RetentionContext, planId: string): Promise<Certificate> {
  const { db } = context;
  const vault = requireVault(context.vault);
  requireDone(await findPlan(db, planId));
  await requireDestroyed(db, planId);
  if ((await placesOf(db, planId)).unsealed > 0) await sealLedger({ ...context, vault });
  const [trusted, identity] = [await vault.publicKeys(), await vault.identity()];
  const question = { keys: context.keys ?? null, trusted };
  const facts = await db.transaction((tx) => readFacts(tx, planId, question, identity?.database ?? null), {
    isolation: 'repeatable read',
  });
  return { ...facts, digest: digestOf(facts) };
}

function requireDone({ id, state }: PlanRow): void {
  if (state !== 'done') throw new LetheError('certificate_unfinished', { plan: id, state });
}

async function readFacts(
  tx: Tx,
  planId: string,
  question: KeysQuestion,
  installation: string | null,
): Promise<CertificateFacts> {
  const plan = await findPlan(tx, planId);
  const { unsealed, blocks } = await placesOf(tx, planId);
  if (unsealed > 0) throw new LetheError('certificate_unsealed', { plan: planId, unsealed });
  const ledger = await provenLedger(tx, planId, blocks, question.trusted);
  const deeds = deedsOf(plan, ledger.entries);
  const counts = agreed(plan, deeds, await runCounts(tx, planId));
  const destroyedKeys = await destroyedKeysOf(tx, plan, ledger.entries, question);
  const policy = await policyOf(tx, plan);
  const map = await versionOf(tx, planId, plan.map_digest);
  const facts = {
    type: 'lethe-certificate',
    v: 1,
    id: plan.id.replace(/^plan/, 'certificate'),
    installation: {
      id: installation,
      database: await databaseOf(tx),
      map: { id: map.name, digest: plan.map_digest },
    },
    policy,
    plan: planFacts(plan),
    approvals: await approvalFacts(tx, plan, deeds),
    run: { started: deeds.started, finished: deeds.finished, by: deeds.actors },
    records: {
      planned: Number(plan.items),
      deleted: deeds.taken,
      keptAtPlan: counts.keptAtPlan,
      keptInRun: counts.keptInRun,
    },
    tables: tablesOf(plan, deeds),
    kept: await keptOf(tx, planId),
    ...(destroyedKeys && { destroyedKeys }),
    lateRows: deeds.lateRows,
    proof: {
      entries: ledger.entries.length,
      blocks: ledger.blocks,
      verify: verifyCommand(ledger),
    },
    limits: limitsOf(destroyedKeys),
  } as const;
  return { ...facts, people: await peopleOf(tx, facts) };
}

async function policyOf(tx: Tx, plan: PlanRow): Promise<CertificateFacts['policy']> {
  const version = plan.policy_digests[plan.policy] ?? '';
  const stored = await versionOf(tx, plan.id, version);
  const { title, ground, cite, reason, keep } = JSON.parse(stored.content) as RetentionInput;
  return {
    id: plan.policy,
    version,
    title,
    ground,
    cite: cite ?? null,
    reason,
    keep: {
      for: keep.for,
      from: keep.from,
      periodStarts: keep.periodStarts ?? 'event',
      timeZone: keep.timeZone,
    },
    stored: { at: stored.stored_at, by: stored.stored_by },
    published: await publishedOf(tx, plan, version),
  };
}

/** The last publication of the version before the plan was made. */
async function publishedOf(tx: Tx, plan: PlanRow, version: string): Promise<PublishedFacts | null> {
  const all = (await listPublications(tx)).filter(
    ({ policy, digest }) => policy === plan.policy && digest === version,
  );
  const found = all.findLast(({ publishedAt }) => publishedAt <= plan.created_at) ?? all[0];
  if (!found) return null;
  const { id, publishedAt, publishedBy, change, approvals } = found;
  const approved = approvals.map(({ actor, at }) => ({ by: actor, at }));
  return { id, at: publishedAt, by: publishedBy, initial: change === 'initial', approved };
}

async function approvalFacts(tx: Tx, plan: PlanRow, deeds: Deeds): Promise<CertificateFacts['approvals']> {
  const { approvers, assurance, role } = plan;
  const without = approvers === 0 ? await withoutApproval(tx, plan) : null;
  return { needed: approvers, assurance, role, given: deeds.approvals, without };
}

async function withoutApproval(tx: Tx, plan: PlanRow): Promise<WithoutApproval> {
  const version = plan.policy_digests[plan.policy] ?? '';
  const { content } = await versionOf(tx, plan.id, version);
  const { schedule } = JSON.parse(content) as RetentionInput;
  const earlier = await approvedPlanOf(tx, plan.policy, version, plan.created_at);
  return {
    slot: plan.slot,
    upTo: schedule?.withoutApproval?.upTo ?? null,
    earlier: earlier && { plan: earlier.id, at: earlier.approved_at },
  };
}

/** @throws LetheError `certificate_contradicted` when the row is not the one that its digest names */
function planFacts(plan: PlanRow): CertificateFacts['plan'] {
  if (!isAsPlanned(plan))
    throw new LetheError('certificate_contradicted', { plan: plan.id, what: 'the plan was changed' });
  const { id, digest, item_digest, record, as_of, cutoff, created_at, created_by } = plan;
  const made = { at: created_at, by: created_by };
  return { id, digest, itemDigest: item_digest, record, asOf: as_of, cutoff, made };
}

function tablesOf({ report }: PlanRow, { deleted }: Deeds): CertificateFacts['tables'] {
  const names = new Set([...Object.keys(report.tables), ...Object.keys(deleted)]);
  return [...names]
    .map((table) => ({ table, planned: report.tables[table] ?? 0, deleted: deleted[table] ?? 0 }))
    .filter(({ planned, deleted: gone }) => planned + gone > 0);
}

function verifyCommand({ blocks }: PlanLedger): string {
  const keys = [...new Set(blocks.map(({ key }) => key))];
  return `lethe ledger verify ${keys.map((key) => `--key ${key}`).join(' ')}`;
}

type Acting = Pick<CertificateFacts, 'policy' | 'plan' | 'approvals' | 'run'>;

/** Names from the erasable directory, of those alone who have a part in this. */
async function peopleOf(
  tx: Tx,
  { policy, plan, approvals, run }: Acting,
): Promise<CertificateFacts['people']> {
  const names = await actorNames(tx);
  const { stored, published } = policy;
  const publishers = published ? [published.by, ...published.approved.map(({ by }) => by)] : [];
  const ids = [stored.by, ...publishers, plan.made.by, ...approvals.given.map(({ by }) => by), ...run.by];
  return Object.fromEntries([...new Set(ids)].sort().map((id) => [id, names.get(id) ?? null]));
}
