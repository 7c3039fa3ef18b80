import { cutoffOf } from '../core/cutoff.js';
import type { Instant } from '../core/instant.js';
import type { MapTable } from '../datamap/graph.js';
import type { AccessDeed } from '../policy/access-schema.js';
import type { AccessPolicy } from '../policy/access-policy.js';
import { bindTime, type TimelessCondition } from '../policy/condition.js';
import { isConsent } from '../policy/legal-bases.js';
import type { PoliciesByKind } from '../policy/policy.js';
import type { Call } from './call.js';
import { legalGround, type LegalGround } from './legal-ground.js';

/** A policy that permits the deed to who asks, for records that meet its condition. */
export interface Candidate {
  readonly policy: AccessPolicy;
  /** Bound to the instant of the call; null: every record. */
  readonly condition: TimelessCondition | null;
  /** Shows special categories and what is flagged sensitive: its ground is one of the purpose's own (GDPR Art. 9(2)). */
  readonly special: boolean;
  /** The purpose rests on consent, or the ground for special categories is explicit consent. */
  readonly needsConsent: boolean;
}

/** The policies of which one must match the record. Who asks, for what and why is decided; the record is not looked at yet. */
export interface Candidates {
  readonly kind: 'candidates';
  readonly record: string;
  readonly table: MapTable;
  readonly deed: AccessDeed;
  /** In the order of their ids, never empty. */
  readonly of: readonly Candidate[];
}

/** Why a call is denied whatever the record, as a stable word. */
export type DenialReason =
  | 'purpose_without_activity'
  | 'record_without_policy'
  | 'role_without_policy'
  | 'purpose_without_policy'
  | 'deed_without_policy';

export interface Denial {
  readonly kind: 'denial';
  readonly reason: DenialReason;
  /** Ids of the access policies about the record, which were considered. */
  readonly considered: readonly string[];
}

/**
 * Which policies may permit the deed to who asks, for the purpose, on records of this name. Closed by default: a purpose that
 * no activity in force has, or one that no policy names for the role and deed, is denied before any record is looked at.
 */
export function candidates(
  policies: PoliciesByKind,
  { actor, purpose }: Call,
  deed: AccessDeed,
  record: string,
  now: Instant,
): Candidates | Denial {
  const about = policies.access.filter(({ entry }) => entry.record === record).toSorted(byId);
  const considered = about.map(({ id }) => id);
  const denial = (reason: DenialReason): Denial => ({ kind: 'denial', reason, considered });
  const ground = legalGround(policies, purpose, record);
  const [first] = about;
  if (!ground) return denial('purpose_without_activity');
  if (!first) return denial('record_without_policy');
  const ofRole = about.filter(({ entry }) => entry.roles.some((role) => actor.roles.includes(role)));
  if (ofRole.length === 0) return denial('role_without_policy');
  const ofPurpose = ofRole.filter(({ entry }) => entry.purposes.includes(purpose));
  if (ofPurpose.length === 0) return denial('purpose_without_policy');
  const ofDeed = ofPurpose.filter(({ entry }) => entry.may.includes(deed));
  if (ofDeed.length === 0) return denial('deed_without_policy');
  const of = ofDeed.flatMap((policy) => candidatesOf(policy, ground, now));
  return { kind: 'candidates', record, table: first.table, deed, of };
}

const byId = (a: AccessPolicy, b: AccessPolicy): number => (a.id < b.id ? -1 : 1);

/** Where the special ground is explicit consent, what is not special can be seen without it: the policy counts twice. */
function candidatesOf(policy: AccessPolicy, ground: LegalGround, now: Instant): readonly Candidate[] {
  const { specialGround } = policy.entry;
  const { needsConsent, specialGrounds } = ground;
  const condition = policy.condition && bindTime(policy.condition, cutoffAt(now));
  const ordinary = { policy, condition, special: false, needsConsent };
  if (specialGround === undefined || !specialGrounds.includes(specialGround)) return [ordinary];
  const asks = isConsent(specialGround) && !needsConsent;
  return [...(asks ? [ordinary] : []), { ...ordinary, special: true, needsConsent: needsConsent || asks }];
}

const cutoffAt =
  (now: Instant): Parameters<typeof bindTime>[1] =>
  (period, timeZone) =>
    cutoffOf({ asOf: now, period, timeZone, periodStarts: 'event' });
