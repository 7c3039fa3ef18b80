import type { PeriodStarts } from '../core/period.js';
import type { DestroyedKeys } from './certificate-keys.js';
import type { PlanLedger } from './certificate-ledger.js';
import type { Limit } from './certificate-limits.js';
import type { Kept } from './certificate-store.js';

/** An approval as the ledger tells of it. */
export interface GivenApproval {
  readonly by: string;
  readonly assurance: string;
  /** That the person had; all of them where an installation does not tell people apart. */
  readonly roles: readonly string[];
  readonly at: string;
  /** A run must start before it. */
  readonly until: string | null;
}

/** Why a run needed no approval of its own: the schedule planned it, and the policy lets so few records through. */
export interface WithoutApproval {
  readonly slot: string | null;
  /** Records a plan may take so; null: none, and it took none. */
  readonly upTo: number | null;
  /** The plan of the same version that people approved before. */
  readonly earlier: { readonly plan: string; readonly at: string } | null;
}

/** How the version came to be one to plan by. */
export interface PublishedFacts {
  /** `version-k7m2q9x4wd` */
  readonly id: string;
  readonly at: string;
  readonly by: string;
  /** It came with the installation. */
  readonly initial: boolean;
  readonly approved: readonly { readonly by: string; readonly at: string }[];
}

/** What was done to these rows, in this database, at this time. Counts, ids and digests: no record, no data subject. */
export interface CertificateFacts {
  readonly type: 'lethe-certificate';
  readonly v: 1;
  readonly id: string;
  readonly installation: {
    /** Of the pair of database and vault. */
    readonly id: string | null;
    readonly database: string;
    readonly map: { readonly id: string; readonly digest: string };
  };
  readonly policy: {
    readonly id: string;
    /** Digest of the version. */
    readonly version: string;
    readonly title: string;
    readonly ground: string;
    readonly cite: string | null;
    readonly reason: string;
    readonly keep: {
      readonly for: string;
      readonly from: string;
      readonly periodStarts: PeriodStarts;
      readonly timeZone: string;
    };
    readonly stored: { readonly at: string; readonly by: string };
    /** Null: the version was never published, as where a program brings policies of its own. */
    readonly published: PublishedFacts | null;
  };
  readonly plan: {
    readonly id: string;
    readonly digest: string;
    readonly itemDigest: string;
    readonly record: string;
    readonly asOf: string;
    readonly cutoff: string;
    readonly made: { readonly at: string; readonly by: string };
  };
  readonly approvals: {
    readonly needed: number;
    readonly assurance: string;
    /** The role approvers need, besides the right to approve. */
    readonly role: string | null;
    readonly given: readonly GivenApproval[];
    readonly without: WithoutApproval | null;
  };
  readonly run: { readonly started: string; readonly finished: string; readonly by: readonly string[] };
  readonly records: {
    readonly planned: number;
    readonly deleted: number;
    readonly keptAtPlan: number;
    readonly keptInRun: number;
  };
  readonly tables: readonly { readonly table: string; readonly planned: number; readonly deleted: number }[];
  readonly kept: readonly Kept[];
  /** Absent where nothing was encrypted. */
  readonly destroyedKeys?: DestroyedKeys;
  /** Rows written while their parents went, deleted after the batches. */
  readonly lateRows: number;
  readonly proof: {
    readonly entries: number;
    readonly blocks: PlanLedger['blocks'];
    readonly verify: string;
  };
  readonly limits: readonly Limit[];
  /** Actor id → name, null where it was erased. */
  readonly people: Readonly<Record<string, string | null>>;
}

/** With the SHA-256 over the canonical JSON of everything else in it. */
export interface Certificate extends CertificateFacts {
  readonly digest: string;
}
