import type { Instant } from '../core/instant.js';

/**
 * A privacy act: what must be done again when the database comes back older than it was. Its id is the id of the ledger
 * entry that commits with it. Records are named by key, persons by subject id; nothing else of them is here.
 */
export type Act =
  | DisposalAct
  | HoldPlacedAct
  | HoldLiftedAct
  | PolicyPublishedAct
  | PlanWithdrawnAct
  | ConsentWithdrawnAct
  | RectifiedAct
  | QuarantinePlacedAct
  | QuarantineReleasedAct
  | SensitiveFlaggedAct
  | SensitiveLiftedAct
  | TokenRevokedAct;

interface ActBase {
  readonly id: string;
  readonly at: Instant;
  /** Actor id. */
  readonly actor: string;
}

/** One batch: these records went, with all that belongs to them by the map. */
export interface DisposalAct extends ActBase {
  readonly kind: 'disposal';
  readonly plan: string;
  readonly policy: string;
  readonly chunk: number;
  /** Digest of the data map. */
  readonly map: string;
  readonly record: string;
  readonly keys: readonly string[];
}

/** A protection's whole row, but for the reason in free text. */
export interface HoldPlacedAct extends ActBase {
  readonly kind: 'hold.placed';
  readonly hold: string;
  readonly scope:
    | { readonly kind: 'record'; readonly record: string; readonly key: string }
    | { readonly kind: 'subject'; readonly record: string; readonly key: string; readonly subject: string }
    | { readonly kind: 'condition'; readonly record: string; readonly condition: unknown };
  readonly ground: string;
  readonly authority: string;
  /** Actor id. */
  readonly owner: string;
  readonly reviewOn: string;
}

export interface HoldLiftedAct extends ActBase {
  readonly kind: 'hold.lifted';
  readonly hold: string;
}

/** A published version with its text, which is about kinds of records and no person. `at` is when it was published, by `actor`. */
export interface PolicyPublishedAct extends ActBase {
  readonly kind: 'policy.published';
  readonly version: string;
  readonly policy: string;
  /** The kind of the policy; absent: retention, which was the only kind once. */
  readonly of?: string;
  /** Both null: with this version the policy is removed. */
  readonly digest: string | null;
  readonly text: string | null;
  readonly change: string;
  readonly because: readonly string[];
  readonly notBefore: Instant;
  readonly cooling: string | null;
  readonly approvers: number;
  readonly assurance: string;
  readonly role: string | null;
}

export interface PlanWithdrawnAct extends ActBase {
  readonly kind: 'plan.withdrawn';
  readonly plan: string;
}

/**
 * A person's datum was corrected. The new value is not here: a journal that could not forget it would outlive its erasure. A
 * restored database is told that the correction has to be made again.
 */
export interface RectifiedAct extends ActBase {
  readonly kind: 'rectified';
  readonly rectification: string;
  readonly record: string;
  readonly key: string;
  /** `customer.phone` */
  readonly field: string;
}

/** A record is shown to nobody from then on: what is in it must not be seen again because a backup is from before. */
export interface QuarantinePlacedAct extends ActBase {
  readonly kind: 'quarantine.placed';
  readonly quarantine: string;
  readonly record: string;
  readonly key: string;
  /** What should not be there, in a word: `card`. */
  readonly found: string;
}

export interface QuarantineReleasedAct extends ActBase {
  readonly kind: 'quarantine.released';
  readonly quarantine: string;
}

/** A record's text carries special categories. */
export interface SensitiveFlaggedAct extends ActBase {
  readonly kind: 'sensitive.flagged';
  readonly flag: string;
  readonly record: string;
  readonly key: string;
}

export interface SensitiveLiftedAct extends ActBase {
  readonly kind: 'sensitive.lifted';
  readonly flag: string;
}

/** A bearer token is good for nothing from then on: an older database must not take it again. */
export interface TokenRevokedAct extends ActBase {
  readonly kind: 'token.revoked';
  readonly token: string;
}

/** A consent that ended before its time, whoever ended it: a restored database must not go on as if it held. */
export interface ConsentWithdrawnAct extends ActBase {
  readonly kind: 'consent.withdrawn';
  /** Ids of the consent and of the event. */
  readonly consent: string;
  readonly event: string;
  /** Subject id. */
  readonly subject: string;
  readonly purpose: string;
  /** `dpv:ConsentWithdrawn`, `dpv:ConsentRevoked` … */
  readonly state: string;
  readonly by: string;
  /** Of a holder of parental authority; else null. */
  readonly relation: string | null;
  readonly verified: string | null;
  readonly channel: string | null;
}
