import { LetheError } from '../core/errors.js';
import type { MapColumn } from '../datamap/graph.js';
import type { AccessDeed } from '../policy/access-schema.js';
import type { Call } from './call.js';
import type { Candidate, Candidates, Denial } from './decide-access.js';
import { showingOfAll } from './fields.js';
import type { Showing } from './masks.js';

/** What was decided about one record, by which versions of which policies, and why. */
export interface Decision {
  readonly decision: 'allow' | 'masked' | 'deny';
  /** Those that match the record; `version` is the digest of the policy's text. Of a denial: those that were considered. */
  readonly policies: readonly PolicyNamed[];
  /** Column → `shown`, or by which mask. What is not listed is not shown. */
  readonly fields: Readonly<Record<string, Showing>>;
  /** Some of that is personal data. */
  readonly showsPersonalData: boolean;
  /** Of a denial: a stable word; of an access outside the policies of every day: the break-glass grant. */
  readonly reason: string | null;
}

export interface PolicyNamed {
  readonly id: string;
  readonly version: string;
}

/** Which of the candidates match a row is all a decision depends on. */
export function decisionFor(
  candidates: Candidates,
  matching: readonly Candidate[],
  columns: readonly MapColumn[],
): Decision {
  if (matching.length === 0)
    return {
      decision: 'deny',
      policies: named(candidates.of),
      fields: {},
      showsPersonalData: false,
      reason: 'not_permitted',
    };
  const showings = columns.map((column) => [column.id, showingOfAll(matching, column)] as const);
  const fields = Object.fromEntries(showings.flatMap(([id, how]) => (how === null ? [] : [[id, how]])));
  const full = showings.every(([, how]) => how === 'shown');
  const showsPersonalData = columns.some(
    ({ id, category }) => category !== null && (fields[id] ?? 'hidden') !== 'hidden',
  );
  return {
    decision: full ? 'allow' : 'masked',
    policies: named(matching),
    fields,
    showsPersonalData,
    reason: null,
  };
}

/** Denied before any record was looked at. */
export const denialOf = ({ reason }: Denial): Decision => ({
  decision: 'deny',
  policies: [],
  fields: {},
  showsPersonalData: false,
  reason,
});

const named = (candidates: readonly Candidate[]): readonly PolicyNamed[] => [
  ...new Map(candidates.map(({ policy }) => [policy.id, { id: policy.id, version: policy.digest }])).values(),
];

const REASONS: Readonly<Record<string, string>> = {
  purpose_without_activity: 'no activity in force has this purpose for such records',
  record_without_policy: 'no access policy in force is about such records',
  role_without_policy: 'no access policy about such records names one of these roles',
  purpose_without_policy: 'no access policy for these roles names this purpose',
  deed_without_policy: 'no access policy for these roles and this purpose permits it',
  not_permitted: 'no policy permits it',
  field_not_shown: 'what was asked by is not shown in full on every record',
  proof_invalid: 'the proof is not good, or not good any more',
};

/** What was asked for and refused. */
export interface Refused {
  readonly deed: AccessDeed;
  /** As the caller named it: `ticket/77`; of a list, `ticket`. */
  readonly ref: string;
  readonly reason: string;
  /** Ids of the policies considered. */
  readonly considered: readonly string[];
}

/**
 * The one refusal. It is made of the question and of policies, never of the record: the same where there is none.
 * @returns LetheError `access_denied`
 */
export function accessDenied(
  { actor, purpose }: Call,
  { deed, ref, reason, considered }: Refused,
): LetheError {
  const roles = actor.roles.length === 0 ? 'nobody in particular' : actor.roles.join(', ');
  return new LetheError('access_denied', {
    deed,
    record: ref,
    roles,
    purpose,
    reason: REASONS[reason] ?? reason,
    policies: considered.join(', ') || 'none',
  });
}

/** Ids of the policies that decided, or that would have had to. */
export const consideredIn = (asked: Candidates | Denial): readonly string[] =>
  asked.kind === 'denial' ? asked.considered : named(asked.of).map(({ id }) => id);
