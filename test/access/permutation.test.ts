import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { fromMicros, toMicros, type Instant } from '../../src/core/instant.js';
import { describeProblems, type Problem } from '../../src/core/errors.js';
import { pick, seededRandom } from '../../src/demo/random.js';
import { accessCoverage } from '../../src/doctor/access.js';
import { engineOver, type Engine } from '../../src/engine.js';
import { loadMap } from '../../src/datamap/load.js';
import { notices } from '../../src/jobs/schedule-status.js';
import { checkPolicies, readPolicyFiles } from '../../src/policy/policy-set.js';
import { nativeMap, openNative } from '../tickets/guarded-desk.js';
import { testClock } from '../support/published.js';
import type { Admin } from '../support/database.js';
import { approver, closeDesks, officer } from '../support/small-desk.js';
import { vaultOf } from '../support/vault.js';
import { callOf, NO_COUNCIL } from './access-desk.js';

const folder = (name: string): string => fileURLToPath(new URL(`../../policies/${name}`, import.meta.url));

/** Keys that are found in any text; and what becomes of each in the other desk. */
const AGENTS = ['900011', '900012', '900013'] as const;
const PERMUTED: Readonly<Record<string, string>> = { 900011: '900012', 900012: '900013', 900013: '900011' };
const permuted = (text: string): string => text.replaceAll(/9000\d\d/g, (key) => PERMUTED[key] ?? key);

const ROLES = ['agent', 'team-lead', 'administrator'] as const;
const START = '2026-03-02T09:00:00.000000Z' as Instant;

/** The help desk with its agents under other keys; everything else is the same. */
const rowsWith = (key: (agent: string) => string): string => `
  insert into desk.agents (id, name, email, role, created_at) values
    ${AGENTS.map((agent, n) => `(${key(agent)}, 'Person ${n}', 'p${n}@desk.example', '${ROLES[n] ?? ''}', '2026-01-01')`).join(', ')};
  insert into desk.customers (id, customer_number, name, email, last_contact_at, created_at)
    select n, 'C-' || n, 'Customer ' || n, 'c' || n || '@mail.example', '2026-01-01', '2026-01-01' from generate_series(1, 3) n;
  insert into desk.tickets (id, number, subject, category, channel, status, customer_id, agent_id, created_at, updated_at)
    select n, 'T-' || n, 'Subject ' || n, 'technical', 'web', 'open', 1 + n % 3,
      (array[${AGENTS.map(key).join(', ')}])[1 + n % 3], '2026-01-02', '2026-01-02' from generate_series(1, 9) n;
  insert into desk.messages (id, ticket_id, author, customer_id, channel, body, sent_at)
    select n, n, 'customer', 1 + n % 3, 'web', 'Hello ' || n, '2026-01-02' from generate_series(1, 9) n;
  select setval(pg_get_serial_sequence('desk.tickets', 'id'), 100), setval(pg_get_serial_sequence('desk.messages', 'id'), 100)`;

interface Played {
  readonly engine: Engine;
  readonly admin: Admin;
}

/** Opens a desk whose agents have these keys, and lets the same persons do the same things at the same times. */
async function played(key: (agent: string) => string): Promise<Played> {
  const desk = await openNative(rowsWith(key), nativeMap());
  const graph = await loadMap('native', {}, '.');
  const problems: Problem[] = [];
  const files = [
    ...(await readPolicyFiles(folder('native'), 'native', problems)),
    ...(await readPolicyFiles(folder('lethe'), 'lethe', problems)),
  ];
  const policies = checkPolicies(graph, files, problems);
  if (problems.length > 0) throw new Error(describeProblems(problems));
  const clock = testClock(START);
  const engine = engineOver({
    ...{ db: desk.db, graph, clock, vault: vaultOf(desk.url) },
    policiesInForce: () => Promise.resolve(policies.retention),
    policiesByKind: () => Promise.resolve(policies),
  });
  await play(engine, clock, key);
  return { engine, admin: desk.admin };
}

async function play(
  engine: Engine,
  clock: ReturnType<typeof testClock>,
  key: (agent: string) => string,
): Promise<void> {
  await engine.access.agree(NO_COUNCIL, officer);
  const random = seededRandom(20260302);
  for (let step = 1; step <= 60; step++) {
    clock.set(fromMicros(toMicros(START) + BigInt(step) * 1_000_000n));
    const n = Math.floor(random() * AGENTS.length);
    const call = callOf(`agent/${key(AGENTS[n] ?? '')}`, ROLES[n] ?? '');
    const ticket = `ticket/${1 + Math.floor(random() * 10)}`;
    const act = pick<() => Promise<unknown>>(random, [
      () => engine.tickets.read(call, ticket),
      () => engine.tickets.list(call),
      () => engine.tickets.list(call, { filter: { assigned: 'me' } }),
      () => engine.tickets.find(call, { number: 'T-3' }),
      () => engine.tickets.reply(call, { ticket, body: `Answer ${step}` }),
      () => engine.tickets.note(call, { ticket, body: `Note ${step}` }),
      () => engine.tickets.change(call, { ticket, priority: 'high' }),
      () => engine.tickets.assign(call, { ticket, agent: `agent/${key(AGENTS[0])}` }),
      () => engine.access.breakGlass(call, { record: ticket, reason: 'it burns', for: 'PT30M' }),
    ]);
    await act().catch(() => null); // what is refused is recorded, too
  }
  const ofActor = { kind: 'security', reason: 'a stolen laptop', actor: `agent/${key(AGENTS[1])}` } as const;
  const { id } = await engine.access.openCase(ofActor, officer);
  await engine.access.confirmCase(id, approver);
  await engine.access.log({ case: id }, officer);
  await engine.access.closeCase(id, officer);
  await engine.access.seal();
}

/** What is drawn at random, or is a digest over it, in the order in which it appears. */
function withoutChance(text: string): string {
  const seen = new Map<string, string>();
  return text.replaceAll(
    /\b(?:[a-z]+-[2-9a-z]{10}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64})\b/g,
    (random) => {
      const known = seen.get(random) ?? `#${seen.size}`;
      seen.set(random, known);
      return known;
    },
  );
}

const shown = (value: unknown): string =>
  withoutChance(
    JSON.stringify(value, (_, one: unknown) =>
      Buffer.isBuffer(one) || one instanceof Uint8Array ? `${one.length} bytes` : one,
    ),
  );

/** Every output that names no agent: not one of them may be told by a key, nor depend on who has which. */
async function aboutNobody({ engine }: Played): Promise<Readonly<Record<string, string>>> {
  const tickets = Array.from({ length: 10 }, (_, n) => `ticket/${n + 1}`);
  const outputs: Record<string, unknown> = {
    agreement: await engine.access.agreement(),
    cases: await engine.access.cases(officer),
    glass: await engine.access.glass(officer),
    verify: await engine.access.verify(),
    status: await notices(engine),
    doctor: await accessCoverage(engine),
    plans: await engine.retention.status(),
    holds: await engine.holds.list(),
    record: (await engine.reports.processingRecord()).content.toString(),
    schedule: (await engine.reports.retentionSchedule()).content.toString(),
  };
  for (const record of [...tickets, 'message/5', 'customer/2'])
    outputs[`log ${record}`] = await engine.access.log({ record }, officer);
  return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, shown(value)]));
}

/** Outputs of the help desk that name an agent where the record does. */
async function ofRecords({ engine }: Played): Promise<Readonly<Record<string, string>>> {
  const lead = callOf('agent/900099', 'team-lead', 'agent');
  const outputs: Record<string, unknown> = {
    newest: await engine.tickets.list(lead),
    unassigned: await engine.tickets.list(lead, {
      filter: { assigned: 'none' },
      sort: 'number',
      count: true,
    }),
    found: await engine.tickets.find(lead, { text: 'Subject' }),
  };
  for (let n = 1; n <= 9; n++) {
    outputs[`ticket ${n}`] = await engine.tickets.read(lead, `ticket/${n}`).catch(String);
    outputs[`why ${n}`] = await engine.retention.why(`ticket/${n}`);
  }
  return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, shown(value)]));
}

/** The ledger names actors by random ids: here by what they stand for. */
async function ledgerOf({ engine, admin }: Played): Promise<readonly string[]> {
  const names = new Map(
    (await admin<{ id: string; name: string }>('select id, name from lethe.actor')).map(({ id, name }) => [
      id,
      name,
    ]),
  );
  const entries: string[] = [];
  for await (const { entry } of engine.ledger.entries()) {
    const text = JSON.stringify(entry).replaceAll(/actor-[2-9a-z]{10}/g, (id) => names.get(id) ?? id);
    entries.push(text.replaceAll(/"[^"]*(?:[0-9a-f]{32,}|[a-z]+-[2-9a-z]{10})[^"]*"/g, '"#"'));
  }
  return entries.map((text) => text.replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '#'));
}

describe('who has which key', () => {
  let [one, other]: [Played, Played] = [] as never;
  before(async () => {
    one = await played((agent) => agent);
    other = await played(permuted);
  });
  after(closeDesks);

  it('something was done by each of them, and is on record', async () => {
    const rows = await one.admin<{ actor: string; n: string }>(
      `select actor, count(*) as n from lethe.access_log where actor like 'agent/9000%' group by actor having count(*) > 5`,
    );
    expect(rows).to.have.length(AGENTS.length);
    const [kinds] = await one.admin<{ reads: string; writes: string; denials: string; glass: string }>(
      `select count(*) filter (where deed in ('read', 'list') and decision <> 'deny') as reads,
         count(*) filter (where deed not in ('read', 'list') and decision <> 'deny') as writes,
         count(*) filter (where decision = 'deny') as denials,
         (select count(*) from lethe.break_glass) as glass from lethe.access_log`,
    );
    for (const [kind, n] of Object.entries(kinds ?? {})) expect(Number(n), kind).to.be.greaterThan(0);
  });

  it('changes no output that is not about a record with an agent in it, and no such output tells a key', async () => {
    const [a, b] = [await aboutNobody(one), await aboutNobody(other)];
    expect(a).to.deep.equal(b);
    for (const [name, text] of Object.entries(a)) expect(text, name).not.to.match(/9000\d\d/);
    expect(Object.values(a).join().length).to.be.greaterThan(10_000);
  });

  it('changes a record’s own agent, in the same place of the same list, and nothing else', async () => {
    const [a, b] = [await ofRecords(one), await ofRecords(other)];
    expect(Object.values(a).join()).to.match(/9000(11|12|13)/);
    for (const [name, text] of Object.entries(a)) expect(permuted(text), name).to.equal(b[name]);
  });

  it('changes who the ledger names by a random id, and no entry more', async () => {
    const [a, b] = [await ledgerOf(one), await ledgerOf(other)];
    expect(a.map(permuted).sort()).to.deep.equal([...b].sort());
    expect(a.length).to.be.greaterThan(10);
  });

  it('is told to an actor of their own, and of an open case alone', async () => {
    const own = await one.engine.access.own(callOf('agent/900011'));
    expect(own.entries.length).to.be.greaterThan(5);
    const about = { kind: 'security', reason: 'a stolen laptop', actor: 'agent/900011' } as const;
    const { id } = await one.engine.access.openCase({ ...about, to: '2026-03-03' }, officer);
    await one.engine.access.confirmCase(id, approver);
    const { entries } = await one.engine.access.log({ case: id }, officer);
    expect(entries).to.deep.equal(own.entries.map((one) => ({ actor: 'agent/900011', ...one })));
    await one.engine.access.closeCase(id, officer);
  });
});
