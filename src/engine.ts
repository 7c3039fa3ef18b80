import type { ActorName } from './core/actor.js';
import type { Clock } from './core/clock.js';
import type { Instant } from './core/instant.js';
import type { Database } from './db/database.js';
import type { MapGraph } from './datamap/graph.js';
import type { PlanRow } from './disposal/plan-store.js';
import { liftHold, placeHold, type HoldOrder, type PlacedHold } from './disposal/hold.js';
import { listHolds, type HoldSummary } from './disposal/hold-list.js';
import type { ApplyWatch } from './disposal/run.js';
import { closeParts, openParts, type EngineOptions, type EngineParts } from './engine-parts.js';
import { findEntry, showEntries, type EntryFilter, type ShownEntry } from './ledger/entries.js';
import { exportLedger } from './ledger/export.js';
import { proveEntry, type InclusionProof } from './ledger/proof.js';
import { pruneLedger, type Pruned } from './ledger/prune.js';
import { rotateKey, type Rotation } from './ledger/rotate.js';
import { sealLedger, type Sealed } from './ledger/seal.js';
import { requireCurrent } from './ledger/standing.js';
import { requireOwnVault, requireUnlinked, requireVault } from './ledger/vault-link.js';
import { verifyLedger, type Verification } from './ledger/verify.js';
import type { RetentionPolicy } from './policy/retention-policy.js';
import { checkCertificate, type CertificateCheck } from './retention/certificate-check.js';
import type { Certificate } from './retention/certificate-facts.js';
import { certificateOf } from './retention/certificate.js';
import {
  applyRetention,
  approveRetention,
  planRetention,
  type RetentionContext,
} from './retention/retention.js';
import { planItems, type PlanItem } from './retention/show.js';
import { retentionStatus, type PlanStatus } from './retention/status.js';
import { whyRetained, type Why } from './retention/why.js';

/** Lethe over one database: the nouns of the command line, as a library. */
export interface Engine {
  readonly db: Database;
  readonly graph: MapGraph;
  readonly clock: Clock;
  /** The versions in force now. */
  policiesInForce(): Promise<readonly RetentionPolicy[]>;
  /** Whether acts are journaled and the ledger can be sealed. */
  readonly hasVault: boolean;
  readonly retention: {
    plan(policy: string, actor: ActorName, asOf?: string): Promise<PlanRow>;
    items(plan: string): AsyncGenerator<PlanItem>;
    approve(plan: string, actor: ActorName): Promise<PlanRow>;
    apply(plan: string, actor: ActorName, watch?: ApplyWatch): Promise<PlanRow>;
    status(): Promise<readonly PlanStatus[]>;
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
    /** A new signing key from the next block on. */
    rotateKey(actor: ActorName): Promise<Rotation>;
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
    return engineOver(parts);
  } catch (error) {
    await closeParts(parts);
    throw error;
  }
}

/** The engine over parts that are open and checked already. */
export function engineOver(parts: EngineParts): Engine {
  const { db, graph } = parts;
  const inForce = async (): Promise<RetentionContext> => ({
    ...parts,
    policies: await parts.policiesInForce(),
  });
  const vaulted = () => ({ ...parts, vault: requireVault(parts.vault) });
  return {
    ...parts,
    hasVault: parts.vault !== null,
    retention: {
      plan: async (policy, actor, asOf) => planRetention(await inForce(), policy, actor, asOf),
      items: (plan) => planItems(db, graph, plan),
      approve: async (plan, actor) => approveRetention(await inForce(), plan, actor),
      apply: async (plan, actor, watch) => applyRetention(await inForce(), plan, actor, watch),
      status: () => retentionStatus(db),
      why: async (record) => whyRetained(await inForce(), record),
      certificate: async (plan) => certificateOf(await inForce(), plan),
      checkCertificate: async (plan, shown) => checkCertificate(await inForce(), plan, shown),
    },
    holds: {
      place: (order, actor) => placeHold(parts, order, actor),
      lift: (hold, reason, actor) => liftHold(parts, hold, reason, actor),
      list: () => listHolds(parts),
    },
    ledger: {
      seal: async () => sealLedger(vaulted()),
      verify: async (pinned) => verifyLedger(vaulted(), pinned),
      entries: (filter = {}) => showEntries(db, filter),
      entry: (id) => findEntry(db, id),
      prove: async (id) => {
        await sealLedger(vaulted());
        return proveEntry(db, id);
      },
      export: () => exportLedger(vaulted()),
      prune: async (before) => pruneLedger(vaulted(), before),
      rotateKey: async (actor) => rotateKey(vaulted(), actor.name),
    },
    close: () => closeParts(parts),
  };
}
