import { createMongoAbility, defineAbility, subject, type MongoAbility } from '@casl/ability';
import { Engine } from 'json-rules-engine';
import { candidates } from '../src/access/decide-access.js';
import { decideRecord, type KnownRecord } from '../src/access/decide-record.js';
import type { Call } from '../src/access/call.js';
import { fixedClock } from '../src/core/clock.js';
import { parseInstant, type Instant } from '../src/core/instant.js';
import { loadMap } from '../src/datamap/load.js';
import { access, activity, policiesFrom } from '../test/tickets/guarded-desk.js';
import { median, rounded, seconds, type Bench } from './bench.js';

const RULES = 20;
const NOW = fixedClock(parseInstant('2026-06-01T00:00:00Z') as Instant).now();
const CALL: Call = {
  actor: { id: 'agent/7', roles: ['agent'], assurance: 'authenticated' },
  purpose: 'dpv:CustomerCare',
};
const STATUSES = ['new', 'open', 'pending', 'resolved', 'closed'];
const CATEGORIES = ['technical', 'billing', 'delivery', 'login'];

/** One rule for each status and category: twenty, of which a ticket meets one. */
const rules = STATUSES.flatMap((status) => CATEGORIES.map((category) => ({ status, category })));

const tickets = Array.from({ length: 1000 }, (_, n) => ({
  status: STATUSES[n % 5] ?? '',
  category: [...CATEGORIES, 'staff'][n % 7] ?? 'other',
}));

/**
 * Decisions a second about one ticket in process under twenty rules: Lethe's, whose conditions json-rules-engine decides;
 * @casl/ability with the same rules; and json-rules-engine bare. A list is decided by PostgreSQL, not by any of these.
 */
export const decisions: Bench = async (options) => {
  const count = options.small ? 200 : 5_000;
  const dataset = `${count} decisions, ${RULES} rules with two conditions each`;
  options.say(`decisions: ${dataset}`);
  const ways = { lethe: await byLethe(), casl: byCasl(), bare: byRulesEngine() };
  await requireSame(Object.values(ways));
  const rates = { lethe: [] as number[], casl: [] as number[], bare: [] as number[] };
  for (let turn = 1; turn <= options.runs; turn += 1)
    for (const [name, decide] of Object.entries(ways) as [keyof typeof ways, Decide][]) {
      const time = await seconds(async () => {
        for (let n = 0; n < count; n += 1) await decide(ticketAt(n));
      });
      rates[name].push(count / time);
      options.say(`  run ${turn}: ${name} ${Math.round(count / time)} decisions a second`);
    }
  const [lethe, casl, bare] = [median(rates.lethe), median(rates.casl), median(rates.bare)];
  return {
    bench: 'decisions',
    ratio: rounded(lethe / casl),
    bound: 'report',
    dataset,
    runs: options.runs,
    decisionsPerSecond: Math.round(lethe),
    caslPerSecond: Math.round(casl),
    jsonRulesEnginePerSecond: Math.round(bare),
    ofJsonRulesEngine: rounded(lethe / bare),
  };
};

interface Ticket {
  readonly status: string;
  readonly category: string;
}
type Decide = (ticket: Ticket) => boolean | Promise<boolean>;

const ticketAt = (n: number): Ticket => tickets[n % tickets.length] ?? { status: '', category: '' };

async function byLethe(): Promise<Decide> {
  const graph = await loadMap('native', {}, '.');
  const files = rules.map(({ status, category }, n) =>
    access(`rule-${n}`, {
      when: {
        all: [
          { fact: 'status', operator: 'equal', value: status },
          { fact: 'category', operator: 'equal', value: category },
        ],
      },
    }),
  );
  const policies = policiesFrom(graph, [activity(), ...files]);
  const known: Omit<KnownRecord, 'facts'> = {
    assigned: false,
    own: false,
    sensitive: false,
    quarantined: false,
    consented: false,
    grant: null,
    hasTraining: () => false,
  };
  return async ({ status, category }) => {
    const asked = candidates(policies, CALL, 'read', 'ticket', NOW);
    const { decision } = await decideRecord(asked, { ...known, facts: { status, category } });
    return decision !== 'deny';
  };
}

function byCasl(): Decide {
  const ability: MongoAbility = defineAbility(
    (can) => {
      for (const rule of rules) can('read', 'Ticket', rule);
    },
    { createAbility: createMongoAbility } as never,
  );
  return (ticket) => ability.can('read', subject('Ticket', { ...ticket }));
}

function byRulesEngine(): Decide {
  return async (ticket) => {
    // a fresh one each time: two overlapping runs on one engine lose results
    const engine = new Engine();
    for (const { status, category } of rules)
      engine.addRule({
        conditions: {
          all: [
            { fact: 'status', operator: 'equal', value: status },
            { fact: 'category', operator: 'equal', value: category },
          ],
        },
        event: { type: 'match' },
      });
    return (await engine.run({ ...ticket })).events.length > 0;
  };
}

async function requireSame(ways: readonly Decide[]): Promise<void> {
  for (const ticket of tickets.slice(0, 35)) {
    const answers: boolean[] = [];
    for (const decide of ways) answers.push(await decide(ticket));
    if (new Set(answers).size > 1) throw new Error(`they disagree about ${JSON.stringify(ticket)}`);
  }
}
