import type { RoleOnCall } from './call-events.js';
import type { CallState, OnCall } from './call-state.js';
import { requirementOf, type Need, type Requirement } from './places.js';

/** What a recording waits for. By role, never by name: who refused is told to nobody. */
export interface Missing {
  /** `anybody`: one of them is enough. */
  readonly role: RoleOnCall | 'anybody';
  readonly lacks: 'consent' | 'announcement';
}

/** What the places of those on the call ask for, and what of it is missing; nothing missing: it may be recorded. */
export interface Permission {
  readonly requirement: Requirement;
  readonly missing: readonly Missing[];
}

/** May the call be recorded at the end of its events? Whoever objects prevents it, whatever the place asks for. */
export function permissionOf({ participants }: Pick<CallState, 'participants'>): Permission {
  const present = [...participants.values()].filter(({ isPresent }) => isPresent);
  const requirement = requirementOf(present.map(({ place }) => place));
  const missing = [
    ...requirement.needs.flatMap((need) => LACKING[need](present)),
    ...present.filter(({ objects }) => objects).map(lacking('consent')),
  ];
  return { requirement, missing: distinct(missing) };
}

const lacking =
  (lacks: Missing['lacks']) =>
  ({ role }: Pick<OnCall, 'role'>): Missing => ({ role, lacks });

const LACKING: Readonly<Record<Need, (present: readonly OnCall[]) => readonly Missing[]>> = {
  one: (present) =>
    present.some(({ hasConsented }) => hasConsented) ? [] : [{ role: 'anybody', lacks: 'consent' }],
  announcement: (present) =>
    present
      .filter(({ isAnnounced, hasConsented }) => !isAnnounced && !hasConsented)
      .map(lacking('announcement')),
  everyone: (present) =>
    present.length === 0
      ? [{ role: 'anybody', lacks: 'consent' }]
      : present.filter(({ hasConsented }) => !hasConsented).map(lacking('consent')),
};

/** In an order that tells nothing of who is who. */
const distinct = (missing: readonly Missing[]): readonly Missing[] =>
  [...new Map(missing.map((one) => [`${PLACE_OF[one.role]} ${one.lacks}`, one]))]
    .sort(([a], [b]) => Number(a > b) - Number(a < b))
    .map(([, one]) => one);

const PLACE_OF: Readonly<Record<Missing['role'], number>> = {
  customer: 0,
  agent: 1,
  listener: 2,
  anybody: 3,
};
