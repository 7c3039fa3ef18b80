import { between, chance, type Random } from './random.js';
import type { Channel, TicketStatus } from './rows.js';

/** Milliseconds. Plain arithmetic will do for made-up data; real periods go through core/period. */
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const YEAR = 365.25 * DAY;

export type Says =
  | 'opening'
  | 'callNote'
  | 'note'
  | 'question'
  | 'followUp'
  | 'colleague'
  | 'solution'
  | 'thanks'
  | 'again'
  | 'merged';

/** Something that happens to a ticket: a message, a change of status, or both at once. */
export interface Moment {
  readonly at: number;
  readonly by: 'customer' | 'agent' | 'system';
  readonly says?: Says;
  readonly to?: TicketStatus;
}

/** Moves a time into the desk's hours: Monday to Friday, 7 to 17 UTC. Never earlier. */
export function workingTime(at: number): number {
  const hour = (at % DAY) / HOUR;
  const moved = hour < 7 ? at + (7 - hour) * HOUR : hour > 17 ? at + (31 - hour) * HOUR : at;
  const weekday = new Date(moved).getUTCDay();
  if (weekday === 6) return moved + 2 * DAY;
  return weekday === 0 ? moved + DAY : moved;
}

function firstMoment(at: number, channel: Channel): Moment {
  return channel === 'phone'
    ? { at, by: 'agent', says: 'callNote', to: 'new' }
    : { at, by: 'customer', says: 'opening', to: 'new' };
}

/** Most are solved within days; some take months, which is what keeps old tickets open. */
function timeToSolve(random: Random): number {
  return chance(random, 0.08) ? between(random, 15, 240) * DAY : between(random, 2, 60) * HOUR;
}

/** The desk asks, the customer or a colleague answers, the desk solves it; two in a hundred are forgotten. */
function conversation(random: Random, asked: number, hasColleague: boolean): readonly Moment[] {
  const question: Moment = { at: asked, by: 'agent', says: 'question', to: 'pending' };
  if (chance(random, 0.02)) return [question];
  const answered = asked + between(random, 2, 70) * HOUR;
  const says = hasColleague && chance(random, 0.5) ? 'colleague' : 'followUp';
  const solved = workingTime(answered + timeToSolve(random));
  return [
    question,
    { at: answered, by: 'customer', says, to: 'open' },
    { at: solved, by: 'agent', says: 'solution', to: 'resolved' },
  ];
}

/** What follows a solution: thanks, a second round, and two weeks later the desk closes it by itself. */
function aftermath(random: Random, solved: number): readonly Moment[] {
  const moments: Moment[] = [];
  let settled = solved;
  if (chance(random, 0.3)) {
    moments.push({ at: solved + between(random, 0.2, 20) * HOUR, by: 'customer', says: 'thanks' });
  }
  if (chance(random, 0.05)) {
    const again = solved + between(random, 1, 13) * DAY;
    settled = workingTime(again + between(random, 0.5, 6) * DAY);
    moments.push(
      { at: again, by: 'customer', says: 'again', to: 'open' },
      { at: settled, by: 'agent', says: 'solution', to: 'resolved' },
    );
  }
  if (chance(random, 0.8)) moments.push({ at: settled + 14 * DAY, by: 'system', to: 'closed' });
  return moments;
}

/** The whole life of a ticket in order, also what is still to come: the caller cuts it off at "now". */
export function lifeOf(
  random: Random,
  createdAt: number,
  channel: Channel,
  hasColleague: boolean,
): readonly Moment[] {
  const taken = workingTime(createdAt + between(random, 0.3, 22) * HOUR);
  const answered = taken + between(random, 3, 40) * MINUTE;
  const moments: Moment[] = [firstMoment(createdAt, channel), { at: taken, by: 'agent', to: 'open' }];
  if (chance(random, 0.25)) moments.push({ at: taken + MINUTE, by: 'agent', says: 'note' });
  const talk: readonly Moment[] = chance(random, 0.45)
    ? [{ at: answered, by: 'agent', says: 'solution', to: 'resolved' }]
    : conversation(random, answered, hasColleague);
  const solution = talk.find((moment) => moment.says === 'solution');
  return [...moments, ...talk, ...(solution ? aftermath(random, solution.at) : [])];
}

/** The life of a second ticket about the same thing: opened, recognised, merged. */
export function lifeOfDuplicate(random: Random, createdAt: number): readonly Moment[] {
  const merged = workingTime(createdAt + between(random, 0.5, 20) * HOUR);
  return [
    { at: createdAt, by: 'customer', says: 'opening', to: 'new' },
    { at: merged, by: 'agent', says: 'merged', to: 'closed' },
  ];
}

const isSettled = (status: TicketStatus | undefined): boolean => status === 'resolved' || status === 'closed';

/** Where a ticket stands after these moments, and since when. */
export interface Standing {
  readonly status: TicketStatus;
  readonly updatedAt: number;
  readonly closedAt: number | null;
  readonly reopenedAt: number | null;
}

export function standing(moments: readonly Moment[]): Standing {
  let status: TicketStatus = 'new';
  let closedAt: number | null = null;
  let reopenedAt: number | null = null;
  for (const { at, to } of moments) {
    if (to === undefined) continue;
    if (isSettled(to) && !isSettled(status)) closedAt = at;
    if (!isSettled(to) && isSettled(status)) {
      closedAt = null;
      reopenedAt = at;
    }
    status = to;
  }
  return { status, updatedAt: moments.at(-1)?.at ?? 0, closedAt, reopenedAt };
}
