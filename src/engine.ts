import { accessOver, type Access } from './access/access-face.js';
import { openAccessLog } from './access/access-log-writer.js';
import { sealAccessLogInTime } from './access/access-roots.js';
import { consentHolds } from './consent/consent-sql.js';
import { authorised, type Actor, type ActorName, type Deed } from './core/actor.js';
import type { Clock } from './core/clock.js';
import type { Instant } from './core/instant.js';
import { consentsOver, type Consents } from './consent/consent.js';
import type { Database } from './db/database.js';
import type { MapGraph } from './datamap/graph.js';
import { destroyPending } from './encryption/destroy-keys.js';
import { requireKeys } from './encryption/require-keys.js';
import { NO_ENCRYPTION } from './encryption/encryption.js';
import { keysOver, type InstallationKeys } from './encryption/keys-face.js';
import type { PlanRow } from './disposal/plan-store.js';
import { liftHold, placeHold, type HoldOrder, type PlacedHold } from './disposal/hold.js';
import { listHolds, type HoldSummary } from './disposal/hold-list.js';
import type { ApplyWatch } from './disposal/run.js';
import {
  closeParts,
  openParts,
  publishedPolicies,
  type EngineOptions,
  type EngineParts,
} from './engine-parts.js';
import { actorId } from './ledger/actor-directory.js';
import { findEntry, showEntries, type EntryFilter, type ShownEntry } from './ledger/entries.js';
import { exportLedger } from './ledger/export.js';
import { proveEntry, type InclusionProof } from './ledger/proof.js';
import { pruneLedger, type Pruned } from './ledger/prune.js';
import {
  pruneJournal,
  pruneJournalDaily,
  requireKeptFor,
  type JournalPruned,
} from './ledger/prune-journal.js';
import { sealLedger, type Sealed } from './ledger/seal.js';
import { requireCurrent } from './ledger/standing.js';
import { requireOwnVault, requireUnlinked, requireVault } from './ledger/vault-link.js';
import { verifyLedger, type Verification } from './ledger/verify.js';
import { policyHistory, textOfVersion, type HistoryEntry } from './publication/history.js';
import { waitingVersions } from './publication/policies-in-force.js';
import type { PublishedVersion } from './publication/publication.js';
import type { Publishing, PublishRequest } from './publication/publish.js';
import type { PoliciesByKind } from './policy/policy.js';
import type { RetentionPolicy } from './policy/retention-policy.js';
import { recordingsOver, type Recordings } from './recording/recordings.js';
import { checkCertificate, type CertificateCheck } from './retention/certificate-check.js';
import type { Certificate } from './retention/certificate-facts.js';
import { certificateOf } from './retention/certificate.js';
import { diffPolicies, type DiffRequest } from './retention/diff.js';
import type { PolicyDiff } from './retention/diff-report.js';
import {
  applyRetention,
  approveRetention,
  planRetention,
  planSlot,
  type ActingContext,
} from './retention/retention.js';
import { approvePolicyVersion, publishPolicies } from './retention/publishing.js';
import { planItems, type PlanItem } from './retention/show.js';
import { retentionStatus, unfinishedStatus, type PlanStatus } from './retention/status.js';
import { whyRetained, type Why } from './retention/why.js';
import { reportsOver, type Reports } from './transparency/reports.js';
import { withdrawRetention, type Withdrawn } from './retention/withdraw.js';
import { recordingDenials, requireAccess } from './tickets/require-access.js';
import type { TicketContext } from './tickets/ticket-context.js';
import { ticketsOver, type Tickets } from './tickets/tickets.js';
import type { TokenOrder } from './tokens/token-order.js';
import type { GoodToken } from './tokens/token-store.js';
import {
  createToken,
  listTokens,
  revokeToken,
  tokenOf,
  type MadeToken,
  type TokenSummary,
} from './tokens/tokens.js';

/** Lethe over one database: the nouns of the command line, as a library. */
export interface Engine {
  readonly db: Database;
  readonly graph: MapGraph;
  readonly clock: Clock;
  /** The versions in force now. */
  policiesInForce(): Promise<readonly RetentionPolicy[]>;
  /** Whether acts are journaled and the ledger can be sealed. */
  readonly hasVault: boolean;
  readonly policies: {
    /** Drafts become immutable versions: in force at once, or once cooled and approved. */
    publish(request: PublishRequest, actor: ActorName): Promise<Publishing>;
    /** Of a version that waits. */
    approve(version: string, actor: ActorName): Promise<PublishedVersion>;
    /** Every version of one policy, or of all, oldest first. */
    history(policy?: string): Promise<readonly HistoryEntry[]>;
    /** The policies of every kind in force now, or as they were at an instant. */
    inForce(at?: Instant): Promise<PoliciesByKind>;
    /** What will come into force, once cooled and approved. */
    waiting(): Promise<readonly PublishedVersion[]>;
    /** The stored text of a version; null when it removes its policy. */
    text(version: string): Promise<string | null>;
    /** Drafts against the versions in force, and the live records that each takes; nothing is stored. */
    diff(request: DiffRequest): Promise<PolicyDiff>;
  };
  readonly retention: {
    plan(policy: string, actor: ActorName, asOf?: string): Promise<PlanRow>;
    /** For a slot of the policy's schedule, once; as of the slot. */
    planSlot(policy: string, slot: Instant, actor: ActorName): Promise<PlanRow>;
    items(plan: string): AsyncGenerator<PlanItem>;
    approve(plan: string, actor: ActorName): Promise<PlanRow>;
    apply(plan: string, actor: ActorName, watch?: ApplyWatch): Promise<PlanRow>;
    /** @param reason free text: kept beside the plan, in no ledger entry */
    withdraw(plan: string, actor: ActorName, reason?: string): Promise<Withdrawn>;
    /**
     * Destroys the keys that are still to be destroyed: of runs that were cut off, and all again where the vault is an older copy.
     * Returns how many.
     */
    destroyKeys(actor: ActorName): Promise<number>;
    status(): Promise<readonly PlanStatus[]>;
    /** Plans that are neither done nor withdrawn, oldest first. */
    unfinished(): Promise<readonly PlanStatus[]>;
    why(record: string): Promise<Why>;
    /** Of a finished run. */
    certificate(plan: string): Promise<Certificate>;
    /** Compares a certificate that somebody shows with the database and the ledger. */
    checkCertificate(plan: string, shown: unknown): Promise<CertificateCheck>;
  };
  readonly holds: {
    place(order: HoldOrder, actor: ActorName): Promise<PlacedHold>;
    lift(hold: string, reason: string, actor: ActorName): Promise<{ readonly id: string }>;
    list(): Promise<readonly HoldSummary[]>;
  };
  readonly consent: Consents;
  readonly access: Access;
  /** Records, notices and schedules, from the policies in force at any instant. */
  readonly reports: Reports;
  /** The ticket storage behind the access policies; on Lethe's own help desk only. */
  readonly tickets: Tickets;
  readonly recordings: Recordings;
  readonly ledger: {
    /** Orders what has committed into signed blocks. */
    seal(): Promise<Sealed>;
    /** @param pinned fingerprints of the keys that alone are trusted */
    verify(pinned?: readonly string[]): Promise<Verification>;
    entries(filter?: EntryFilter): AsyncGenerator<ShownEntry>;
    entry(id: string): Promise<ShownEntry>;
    /** Shows that the entry is in a signed block, without the others. */
    prove(id: string): Promise<InclusionProof>;
    /** Lines, newline included. */
    export(): AsyncGenerator<string>;
    /** Drops whole blocks older than the instant to a signed checkpoint. */
    prune(before: Instant): Promise<Pruned>;
    /**
     * Forgets the acts of the vault's journal that no backup can undo any more; `lethe.json` says how long backups are kept.
     * Sealing does so once a day.
     */
    pruneJournal(): Promise<JournalPruned>;
  };
  readonly keys: InstallationKeys;
  /** Bearer tokens of the HTTP routes. */
  readonly tokens: {
    /** The secret is in the answer and nowhere else. */
    create(order: TokenOrder, actor: ActorName): Promise<MadeToken>;
    /** At once, in every process. */
    revoke(token: string, actor: ActorName): Promise<{ readonly id: string }>;
    list(): Promise<readonly TokenSummary[]>;
    /** Who calls with this secret; `token_invalid` where nobody does. */
    find(secret: string): Promise<GoodToken>;
  };
  close(): Promise<void>;
}

/**
 * Puts the parts together: map and policies checked, database opened and guarded, database and vault compared.
 * @throws LetheError for everything that is not right, before anything is touched: `vault_lost`, `vault_foreign`,
 *   `vault_older`, `database_restored` (only `lethe replay` opens it again) …
 */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  const parts = await openParts(options);
  try {
    if (parts.vault) {
      await requireOwnVault(parts.db, parts.vault);
      await requireCurrent(parts.db, parts.vault);
    } else await requireUnlinked(parts.db);
    if (!options.isLookingAtKeys) await requireKeys(parts.db, parts.keys ?? null);
    return engineOver(parts);
  } catch (error) {
    await closeParts(parts);
    throw error;
  }
}

/** The engine over parts that are open and checked already. */
export function engineOver(parts: EngineParts): Engine {
  const { db, graph, clock, policiesByKind = publishedPolicies(parts) } = parts;
  const log = parts.log ?? openAccessLog(db, clock);
  const encryption = parts.encryption ?? NO_ENCRYPTION;
  const inForce = async (): Promise<ActingContext> => ({
    ...parts,
    policies: await parts.policiesInForce(),
  });
  const desk: TicketContext = {
    db,
    graph,
    clock,
    vault: parts.vault,
    encryption,
    log,
    policies: (on) => policiesByKind(on),
    consentHolds,
    deliverProof: parts.deliverProof,
  };
  const vaulted = () => ({ ...parts, vault: requireVault(parts.vault) });
  const may = (actor: ActorName, deed: Deed): Actor => authorised(parts.actors ?? null, actor, deed);
  return {
    ...parts,
    hasVault: parts.vault !== null,
    policies: {
      publish: async (request, actor) => {
        const who = may(actor, 'publish');
        await parts.requireTime?.();
        return publishPolicies(parts, request, who);
      },
      approve: async (version, actor) => {
        const who = may(actor, 'approve');
        await parts.requireTime?.();
        return approvePolicyVersion(parts, version, who);
      },
      inForce: (at) => policiesByKind(db, at),
      history: (policy) => policyHistory(db, clock.now(), policy),
      waiting: () => waitingVersions(db, clock.now()),
      text: (version) => textOfVersion(db, clock.now(), version),
      diff: async (request) => diffPolicies(await inForce(), request),
    },
    retention: {
      plan: async (policy, actor, asOf) => planRetention(await inForce(), policy, may(actor, 'plan'), asOf),
      planSlot: async (policy, slot, actor) => planSlot(await inForce(), policy, slot, may(actor, 'plan')),
      items: (plan) => planItems(db, graph, plan),
      approve: async (plan, actor) => approveRetention(await inForce(), plan, may(actor, 'approve')),
      apply: async (plan, actor, watch) => applyRetention(await inForce(), plan, may(actor, 'apply'), watch),
      withdraw: async (plan, actor, reason) =>
        withdrawRetention(await inForce(), { plan, actor: may(actor, 'withdraw'), reason: reason ?? null }),
      destroyKeys: async (actor) => {
        const { name } = may(actor, 'apply');
        const { keys = null } = parts;
        return destroyPending({ db, clock, keys, vault: parts.vault, actor: await actorId(db, name) });
      },
      status: async () => retentionStatus(await inForce()),
      unfinished: async () => unfinishedStatus(await inForce()),
      why: async (record) => whyRetained(await inForce(), record),
      certificate: async (plan) => certificateOf(await inForce(), plan),
      checkCertificate: async (plan, shown) => checkCertificate(await inForce(), plan, shown),
    },
    holds: {
      place: async (order, actor) => placeHold(parts, order, may(actor, 'hold')),
      lift: async (hold, reason, actor) => liftHold(parts, hold, reason, may(actor, 'hold')),
      list: () => listHolds(parts),
    },
    consent: consentsOver({ ...parts, encryption, policies: policiesByKind }, (actor) =>
      may(actor, 'consent'),
    ),
    tickets: ticketsOver(desk),
    recordings: recordingsOver({
      ...parts,
      encryption,
      policies: policiesByKind,
      permit: async (tx, call, ticket) => {
        await requireAccess(desk, tx, call, 'note', ticket);
      },
      recordingDenials: (work) => recordingDenials(desk, work),
    }),
    reports: reportsOver({ db, graph, clock, folder: parts.folder, policies: policiesByKind }),
    access: accessOver({ ...parts, log, policies: () => policiesByKind() }, may),
    ledger: {
      seal: async () => {
        await sealAccessLogInTime(parts);
        const sealed = await sealLedger(vaulted());
        await pruneJournalDaily(vaulted(), parts.backupsKeptFor ?? null);
        return sealed;
      },
      verify: async (pinned) => verifyLedger(vaulted(), pinned),
      entries: (filter = {}) => showEntries(db, filter),
      entry: (id) => findEntry(db, id),
      prove: async (id) => {
        await sealLedger(vaulted());
        return proveEntry(db, id);
      },
      export: () => exportLedger(vaulted()),
      prune: async (before) => pruneLedger(vaulted(), before),
      pruneJournal: async () => pruneJournal(vaulted(), requireKeptFor(parts)),
    },
    keys: keysOver(parts, () => requireVault(parts.vault), may),
    tokens: {
      create: async (order, actor) => createToken(parts, order, may(actor, 'token')),
      revoke: async (token, actor) => revokeToken(parts, token, may(actor, 'token')),
      list: () => listTokens(parts),
      find: (secret) => tokenOf(parts, secret),
    },
    close: async () => {
      await log.close();
      await closeParts(parts);
    },
  };
}
