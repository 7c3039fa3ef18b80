import { TOPICS, type Topic } from './language.js';
import {
  DAY,
  lifeOf,
  lifeOfDuplicate,
  MINUTE,
  HOUR,
  standing,
  workingTime,
  YEAR,
  type Moment,
  type Standing,
} from './moments.js';
import type { Agent, Customer } from './people.js';
import { between, chance, pick, pickWeighted, type NonEmpty, type Random } from './random.js';
import type { Channel, TicketRow } from './rows.js';

/** A ticket before it has a number and before anything is written. */
export interface Draft {
  readonly topic: Topic;
  readonly channel: Channel;
  readonly priority: TicketRow['priority'];
  readonly customer: Customer;
  readonly colleague: Customer | undefined;
  readonly agent: Agent;
  readonly createdAt: number;
  readonly moments: readonly Moment[];
  readonly standing: Standing;
  readonly tags: readonly string[];
  /** The ticket this one was merged into. */
  readonly original?: Draft;
}

export interface People {
  readonly customers: readonly Customer[];
  readonly agents: readonly Agent[];
}

const CHANNELS: NonEmpty<readonly [Channel, number]> = [
  ['e-mail', 52],
  ['web', 22],
  ['phone', 15],
  ['chat', 11],
];
const WEIGHTS: Record<Topic, number> = {
  order: 17,
  delivery: 22,
  refund: 14,
  billing: 14,
  warranty: 14,
  account: 10,
  complaint: 9,
};
const toWeighted = (weights: Record<Topic, number>): NonEmpty<readonly [Topic, number]> => [
  ['order', weights.order],
  ...TOPICS.slice(1).map((topic) => [topic, weights[topic]] as const),
];
const TOPIC_SHARES = toWeighted(WEIGHTS);
/** The old mailbox held mostly invoices. */
const OLD_TOPIC_SHARES = toWeighted({ ...WEIGHTS, billing: 70 });

const PRIORITIES: NonEmpty<readonly [TicketRow['priority'], number]> = [
  ['low', 15],
  ['normal', 65],
  ['high', 16],
  ['urgent', 4],
];

function presentAt<T extends { readonly from: number; readonly until: number }>(
  people: readonly T[],
  at: number,
): NonEmpty<T> {
  const [first, ...rest] = people.filter((person) => person.from <= at && at <= person.until);
  if (first === undefined) throw new Error('the demo has nobody there at that time');
  return [first, ...rest];
}

function writer(random: Random, people: readonly Customer[], at: number): Customer {
  const [first, ...rest] = presentAt(people, at);
  return pickWeighted(random, [
    [first, first.weight],
    ...rest.map((person) => [person, person.weight] as const),
  ]);
}

function colleagueOf(customer: Customer, people: readonly Customer[], at: number): Customer | undefined {
  const { id, company } = customer.row;
  if (company === null) return undefined;
  return people.find(
    ({ row, from, until }) => row.company === company && row.id !== id && from <= at && at <= until,
  );
}

function tagsFor(random: Random, topic: Topic, customer: Customer, isOld: boolean): readonly string[] {
  const tags: readonly (readonly [string, boolean])[] = [
    ['b2b', customer.row.company !== null],
    ['vip', customer.weight > 3],
    ['credit-note', topic === 'refund' && chance(random, 0.4)],
    ['goodwill', topic === 'complaint' && chance(random, 0.5)],
    ['carrier', topic === 'delivery' && chance(random, 0.6)],
    ['callback', chance(random, 0.05)],
    ['migrated', isOld],
  ];
  return tags.filter(([, applies]) => applies).map(([tag]) => tag);
}

/** Mails come at any hour of the day, calls and chats in working hours. */
function arrival(random: Random, day: number, channel: Channel, now: number): number {
  const at = Math.floor(day / DAY) * DAY + between(random, 5.5, 21) * HOUR;
  const fitting = channel === 'e-mail' || channel === 'web' ? at : workingTime(at);
  return Math.min(Math.floor(fitting), now - 5 * MINUTE);
}

function draftTicket(random: Random, people: People, now: number, day: number, isOld: boolean): Draft {
  const channel = isOld ? 'e-mail' : pickWeighted(random, CHANNELS);
  const createdAt = arrival(random, day, channel, now);
  const topic = pickWeighted(random, isOld ? OLD_TOPIC_SHARES : TOPIC_SHARES);
  const customer = writer(random, people.customers, createdAt);
  const colleague = colleagueOf(customer, people.customers, createdAt);
  const agent = pick(random, presentAt(people.agents, createdAt));
  const life = lifeOf(random, createdAt, channel, colleague !== undefined);
  const moments = life.filter((moment) => moment.at <= now).map(wholeMilliseconds);
  const priority = topic === 'complaint' ? 'high' : pickWeighted(random, PRIORITIES);
  const tags = tagsFor(random, topic, customer, isOld);
  return {
    topic,
    channel,
    priority,
    customer,
    colleague,
    agent,
    createdAt,
    moments,
    standing: standing(moments),
    tags,
  };
}

const wholeMilliseconds = (moment: Moment): Moment => ({ ...moment, at: Math.floor(moment.at) });

/** People who get no answer within the hour write again. */
function draftDuplicate(random: Random, original: Draft, now: number): Draft | undefined {
  const createdAt = Math.floor(original.createdAt + between(random, 10, 200) * MINUTE);
  if (createdAt > now) return undefined;
  const life = lifeOfDuplicate(random, createdAt);
  const moments = life.filter((moment) => moment.at <= now).map(wholeMilliseconds);
  const tags = [...original.tags.filter((tag) => tag !== 'credit-note'), 'duplicate'];
  return { ...original, createdAt, moments, standing: standing(moments), tags, original };
}

/** A shop that grows: the power shifts tickets towards the present, and these last days were busy. */
const arrivalDay = (random: Random, now: number, count: number): number =>
  count < 40 ? now - random() * 12 * DAY : now - 6 * YEAR + random() ** 0.8 * 6 * YEAR;

/** About 2,000 tickets of six years, a few brought along from an older mailbox, in the order in which they came. */
export function draftTickets(random: Random, people: People, now: number): readonly Draft[] {
  const drafts: Draft[] = [];
  for (let count = 0; count < 60; count += 1) {
    drafts.push(draftTicket(random, people, now, now - between(random, 6, 8) * YEAR, true));
  }
  for (let count = 0; count < 1_890; count += 1) {
    const day = arrivalDay(random, now, count);
    const draft = draftTicket(random, people, now, day, false);
    drafts.push(draft);
    const isWritten = draft.channel === 'e-mail' || draft.channel === 'web';
    const duplicate = isWritten && chance(random, 0.03) ? draftDuplicate(random, draft, now) : undefined;
    if (duplicate) drafts.push(duplicate);
  }
  return drafts.sort((a, b) => a.createdAt - b.createdAt);
}
