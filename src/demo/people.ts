import { type Language } from './language.js';
import { DAY, YEAR } from './moments.js';
import { NAMES } from './names.js';
import { REGIONS, type Place } from './places.js';
import { between, chance, pick, pickWeighted, wholeBetween, type NonEmpty, type Random } from './random.js';
import type { AgentRow, CustomerRow } from './rows.js';

/** A customer of the demo and when they are with the shop. */
export interface Customer {
  readonly row: Omit<CustomerRow, 'ticket_count' | 'last_contact_at'>;
  readonly language: Language;
  readonly place: Place;
  readonly from: number;
  /** Writes nothing after this; before `from` where the customer never wrote at all. */
  readonly until: number;
  /** How often they write, against others. */
  readonly weight: number;
}

export interface Agent {
  readonly row: AgentRow;
  readonly from: number;
  readonly until: number;
}

const TEAM: NonEmpty<
  readonly [name: string, login: string, role: AgentRow['role'], from: number, to: number]
> = [
  ['Ingrid Vossberg', 'i.vossberg', 'team-lead', 9, 0],
  ['Marek Stolarz', 'm.stolarz', 'agent', 8.5, 0],
  ['Despina Lazarou', 'd.lazarou', 'agent', 6.2, 0],
  ['Hauke Brodersen', 'h.brodersen', 'agent', 8.8, 2.4],
  ['Rania Saleh', 'r.saleh', 'agent', 4.1, 0],
  ['Lin Meihua', 'l.meihua', 'agent', 5, 0],
  ['Gareth Pryce', 'g.pryce', 'agent', 3.3, 0],
  ['Solveig Aamodt', 's.aamodt', 'administrator', 7, 0],
];

export const makeAgents = (now: number): readonly Agent[] =>
  TEAM.map(([name, login, role, from, to], index) => ({
    row: {
      id: index + 1,
      name,
      email: `${login}@beispielkontor.example`,
      role,
      active: to === 0,
      created_at: new Date(now - from * YEAR).toISOString(),
    },
    from: now - from * YEAR,
    until: to === 0 ? now : now - to * YEAR,
  }));

/** The customer who shares a name with the one before. */
const NAMESAKE = 95;

const SHARES: NonEmpty<readonly [Language, number]> = [
  ['de', 42],
  ['en', 24],
  ['fr', 10],
  ['pl', 8],
  ['el', 6],
  ['ar', 5],
  ['zh', 5],
];
const COMPANIES: NonEmpty<readonly [name: string, domain: string]> = [
  ['Alpenblick Reisen GmbH', 'alpenblick.example'],
  ['Borderline Trekking Ltd', 'borderline-trekking.example'],
  ['Kita Sonnenhügel e. V.', 'kita-sonnenhuegel.example'],
  ['Nordlys Event AG', 'nordlys-event.example'],
  ['Quarry & Daughters', 'quarry.example'],
  ['Stadtwerke Musterhausen', 'sw-musterhausen.example'],
  ['Szkoła Górska Sp. z o.o.', 'szkola-gorska.example'],
];
const MAIL_DOMAINS: NonEmpty<string> = [
  'example.com',
  'example.org',
  'example.net',
  'post.example',
  'mail.example',
];

/** When somebody is a customer: since long ago, for a while long ago, or never more than a name. */
function period(random: Random, now: number): Pick<Customer, 'from' | 'until'> {
  const share = random();
  if (share < 0.25) {
    const until = now - between(random, 3.6, 5.8) * YEAR;
    return { from: until - between(random, 0.2, 2.3) * YEAR, until };
  }
  const from = now - between(random, 0.02, share < 0.4 ? 8.2 : 6) * YEAR;
  return { from, until: share < 0.48 ? from - 1 : now };
}

interface Naming {
  readonly language: Language;
  readonly name: string;
  readonly login: string;
}

function naming(random: Random): Naming {
  const language = pickWeighted(random, SHARES);
  const { first, last, familyFirst } = NAMES[language];
  const [given, givenLatin] = pick(random, first);
  const [family, familyLatin] = pick(random, last);
  return {
    language,
    name: familyFirst ? family + given : `${given} ${family}`,
    login: `${givenLatin}.${familyLatin}`,
  };
}

/** Draws again while the name is taken; where names run out, namesakes there are. */
function freshNaming(random: Random, taken: Set<string>): Naming {
  let who = naming(random);
  for (let tries = 0; taken.has(who.name) && tries < 20; tries += 1) who = naming(random);
  taken.add(who.name);
  return who;
}

/** Fills the `#` of a number or street, never with a leading zero. */
export const withDigits = (random: Random, pattern: string): string =>
  pattern
    .replace(/(?<![\d#])#/g, () => String(wholeBetween(random, 1, 9)))
    .replace(/#/g, () => String(wholeBetween(random, 0, 9)));

/** An address nobody has yet: namesakes get a number. */
function freeEmail(taken: Set<string>, login: string, domain: string): string {
  for (let count = 1; ; count += 1) {
    const email = `${login}${count === 1 ? '' : count}@${domain}`;
    if (taken.has(email)) continue;
    taken.add(email);
    return email;
  }
}

function birthday(random: Random, now: number): string | null {
  if (!chance(random, 0.35)) return null;
  return new Date(now - between(random, 19, 78) * YEAR).toISOString().slice(0, 10);
}

function makeCustomer(
  random: Random,
  now: number,
  id: number,
  { from, until }: Pick<Customer, 'from' | 'until'>,
  { language, name, login }: Naming,
  taken: Set<string>,
): Customer {
  const region = REGIONS[language];
  const place = pick(random, region.places);
  const [company, domain] = chance(random, 0.2)
    ? pick(random, COMPANIES)
    : [null, pick(random, MAIL_DOMAINS)];
  const row = {
    id,
    customer_number: `C-${10_000 + id}`,
    name,
    email: freeEmail(taken, login, domain),
    phone: chance(random, 0.85) ? withDigits(random, place.phone) : null,
    company,
    address_line1: withDigits(random, pick(random, region.streets)),
    address_line2: chance(random, 0.1) ? withDigits(random, 'c/o, #. OG') : null,
    postal_code: place.postalCode,
    city: place.city,
    country: place.country,
    language,
    date_of_birth: birthday(random, now),
    created_at: new Date(from).toISOString(),
  };
  return { row, language, place, from, until, weight: chance(random, 0.05) ? 4 : between(random, 0.3, 1.6) };
}

/** Customers in the order in which they came. Two of them share a name: a name alone is never proof. */
export function makeCustomers(random: Random, now: number, count: number): readonly Customer[] {
  const periods = Array.from({ length: count }, () => period(random, now));
  // Somebody has to be there when the oldest tickets are written.
  periods.push({ from: now - 8.3 * YEAR, until: now - 30 * DAY });
  periods.sort((a, b) => a.from - b.from);
  const taken = new Set<string>();
  const names = new Set<string>();
  const people: Customer[] = [];
  let last: Naming | undefined;
  for (const [index, when] of periods.entries()) {
    const who: Naming = index === NAMESAKE && last ? last : freshNaming(random, names);
    people.push(makeCustomer(random, now, index + 1, when, who, taken));
    last = who;
  }
  return people;
}
