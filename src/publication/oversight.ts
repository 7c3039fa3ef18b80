import type { Assurance, Role } from '../core/actor.js';
import type { Policy } from '../policy/policy.js';
import type { RetentionPolicy } from '../policy/retention-policy.js';
import { isNeverLonger } from './never-longer.js';

/** Who must agree before something is taken. */
export interface Oversight {
  readonly approvers: number;
  readonly assurance: Assurance;
  readonly role: Role | null;
}

/** The strictest of what versions ask for, at least one approval; where they name different roles, the first one's. */
export function strictestOversight(versions: readonly Pick<Policy['entry'], 'approval'>[]): Oversight {
  const asked = versions.map(({ approval }) => approval);
  return {
    approvers: Math.max(1, ...asked.map(({ approvers }) => approvers)),
    assurance: asked.some(({ assurance }) => assurance === 'authenticated') ? 'authenticated' : 'asserted',
    role: asked.flatMap(({ role }) => role ?? [])[0] ?? null,
  };
}

/** In which ways the second version is watched less closely than the first. */
export function loosenedOversight(before: RetentionPolicy, after: RetentionPolicy): readonly string[] {
  const [upTo, upToNow] = [before, after].map(({ schedule }) => schedule?.upTo ?? -1) as [number, number];
  return [
    ...loosenedApproval(before.entry, after.entry),
    ...(upToNow > upTo
      ? [
          `schedule.withoutApproval.upTo: ${upTo < 0 ? 'none' : upTo} → ${upToNow}, plans up to that size go unseen`,
        ]
      : []),
  ];
}

/** In which ways fewer, or others, approve what comes after the second version; the first one's approvers agree to that. */
export function loosenedApproval(
  { approval: was }: Pick<Policy['entry'], 'approval'>,
  { approval: is }: Pick<Policy['entry'], 'approval'>,
): readonly string[] {
  return [
    ...(is.approvers < was.approvers
      ? [`approval.approvers: ${was.approvers} → ${is.approvers}, fewer people approve`]
      : []),
    ...(was.assurance === 'authenticated' && is.assurance === 'asserted'
      ? ['approval.assurance: approvers need not be authenticated any more']
      : []),
    ...(was.role !== undefined && is.role !== was.role
      ? [`approval.role: approvers need not have the role ${was.role} any more`]
      : []),
    ...(isNeverLonger(is.validFor, was.validFor)
      ? []
      : [`approval.validFor: ${was.validFor} → ${is.validFor}, approvals stay good for longer`]),
  ];
}
