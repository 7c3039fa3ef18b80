import type { Assurance, Role } from '../core/actor.js';
import { isNeverShorter } from '../core/longer-period.js';
import { parsePeriod } from '../core/period.js';
import type { RetentionPolicy } from '../policy/retention-policy.js';
import type { RetentionEntry } from '../policy/retention-schema.js';

/** Who must agree before something is taken. */
export interface Oversight {
  readonly approvers: number;
  readonly assurance: Assurance;
  readonly role: Role | null;
}

/** The strictest of what versions ask for, at least one approval; where they name different roles, the first one's. */
export function strictestOversight(versions: readonly Pick<RetentionEntry, 'approval'>[]): Oversight {
  const asked = versions.map(({ approval }) => approval);
  return {
    approvers: Math.max(1, ...asked.map(({ approvers }) => approvers)),
    assurance: asked.some(({ assurance }) => assurance === 'authenticated') ? 'authenticated' : 'asserted',
    role: asked.flatMap(({ role }) => role ?? [])[0] ?? null,
  };
}

/** In which ways the second version is watched less closely than the first. */
export function loosenedOversight(before: RetentionPolicy, after: RetentionPolicy): readonly string[] {
  const [was, is] = [before.entry.approval, after.entry.approval];
  const [upTo, upToNow] = [before, after].map(({ schedule }) => schedule?.upTo ?? -1) as [number, number];
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
    ...(isNoLonger(is.validFor, was.validFor)
      ? []
      : [`approval.validFor: ${was.validFor} → ${is.validFor}, approvals stay good for longer`]),
    ...(upToNow > upTo
      ? [
          `schedule.withoutApproval.upTo: ${upTo < 0 ? 'none' : upTo} → ${upToNow}, plans up to that size go unseen`,
        ]
      : []),
  ];
}

function isNoLonger(text: string, than: string): boolean {
  const [period, other] = [parsePeriod(text), parsePeriod(than)];
  if ('problem' in period || 'problem' in other) return false;
  const counted = { timeZone: 'UTC', periodStarts: 'event' } as const;
  return isNeverShorter({ ...counted, period: other }, { ...counted, period });
}
