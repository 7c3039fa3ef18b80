import { expect } from 'chai';
import { withRoles } from '../../src/core/actor.js';
import fc from 'fast-check';
import type { RecordChange } from '../../src/disposal/set-changes.js';
import { engineOver, type Engine } from '../../src/engine.js';
import type { Drafts } from '../../src/publication/drafts.js';
import { policiesInForce } from '../../src/publication/policies-in-force.js';
import { publishInitial } from '../../src/publication/publish.js';
import type { DiffRequest } from '../../src/retention/diff.js';
import type { PolicyDiff, PolicyDifference } from '../../src/retention/diff-report.js';
import {
  AS_OF,
  closeDesks,
  floor,
  hold,
  officer,
  openDesk,
  refusal,
  rule,
  shown,
  TICKETS,
  ticketTable,
  TODAY,
  type Desk,
  type Json,
} from '../support/small-desk.js';

const FILES = {
  key: { id: 'bigint' },
  concept: 'file',
  columns: { made_at: { type: 'timestamptz', category: 'user.content' }, note: { type: 'text' } },
  facts: { madeAt: { column: 'made_at' } },
};
const TICKET = ticketTable({
  columns: { closed_at: { type: 'timestamptz', category: 'user.behavior' }, status: { type: 'text' } },
});
const MAP = {
  tables: { tickets: TICKET, files: FILES },
  edges: [{ child: 'files', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' }],
} satisfies Json;

/** Tickets 1 to 12, closed on the first of each month of 2021, number 12 on hold by its file; 13 is open. */
const desk = (): Promise<Desk> =>
  openDesk({
    ddl: `${TICKETS};
      insert into shop.tickets (id, closed_at) select m, make_timestamptz(2021, m, 1, 0, 0, 0, 'UTC') from generate_series(1, 12) m;
      insert into shop.tickets (id, status) values (13, 'open');
      create table shop.files (id bigint primary key, ticket_id bigint, made_at timestamptz, note text);
      insert into shop.files select id * 10, id, '2021-06-01', '' from shop.tickets`,
    map: MAP,
  });

const keep = (period: string, from = 'closedAt'): Json => ({
  keep: { for: period, from, timeZone: 'UTC' },
});
/** Takes tickets closed in the first so many months of 2021 (as of 1 January 2024). */
const upTo = (months: number, different: Json = {}): Json =>
  rule({ ...keep(`P${36 - months}M1D`), ...different });

const draftsOf = (policies: readonly Json[]): Drafts => ({
  files: policies.map((content) => ({ path: `${String(content['id'])}.json`, content })),
  problems: [],
});

interface Told {
  readonly diff: PolicyDiff;
  readonly records: readonly string[];
}

async function told(
  engine: Engine,
  drafts: readonly Json[],
  request: Partial<DiffRequest> = {},
): Promise<Told> {
  const records: string[] = [];
  const onRecord = ({ record, change, policy, by }: RecordChange): Promise<void> => {
    records.push([change, record, policy, ...(by === undefined ? [] : [by])].join(' '));
    return Promise.resolve();
  };
  const diff = await engine.policies.diff({ drafts: draftsOf(drafts), asOf: AS_OF, onRecord, ...request });
  return { diff, records: records.sort() };
}

const of = ({ policies }: PolicyDiff, id: string): PolicyDifference => {
  const found = policies.find(({ policy }) => policy === id);
  return found ?? expect.fail(`nothing is said of ${id}`);
};

/** An engine over versions that are published. */
async function publishedEngine({ db, graph }: Desk, policies: readonly Json[]): Promise<Engine> {
  const actor = withRoles(null, officer);
  await publishInitial(
    { db, graph, now: TODAY.now(), cooling: 'P7D', vault: null },
    draftsOf(policies),
    actor,
  );
  return engineOver({
    ...{ db, graph, clock: TODAY, vault: null },
    policiesInForce: (on = db) => policiesInForce(on, graph, TODAY.now()),
  });
}

describe('the difference of drafts', () => {
  afterEach(closeDesks);

  it('drafts that say what is in force make no difference', async () => {
    const { engine } = await desk();
    expect((await told(engine([rule(), floor()]), [floor(), rule()])).diff.policies).to.deep.equal([]);
  });

  it('a shorter period gains records, counted by month; the same step back loses them', async () => {
    const { engine } = await desk();
    const gains = await told(engine([upTo(3)]), [upTo(5)]);
    expect(gains.records).to.deep.equal(['gained ticket/4 old-tickets', 'gained ticket/5 old-tickets']);
    expect(gains.diff.asOf).to.equal(AS_OF);
    expect(of(gains.diff, 'old-tickets')).to.deep.include({
      ...{ change: 'changed', action: 'delete', record: 'ticket' },
      keys: [{ path: 'keep.for', from: 'P33M1D', to: 'P31M1D' }],
      gained: { records: 2, months: { '2021-04': 1, '2021-05': 1 } },
      lost: { records: 0, months: {}, kept: [] },
    });
    const loses = await told(engine([upTo(5)]), [upTo(3)]);
    expect(loses.records).to.deep.equal(['lost ticket/4 old-tickets', 'lost ticket/5 old-tickets']);
    expect(of(loses.diff, 'old-tickets').lost.months).to.deep.equal({ '2021-04': 1, '2021-05': 1 });
  });

  it('months are those of the time zone of the policy', async () => {
    const { engine } = await desk();
    const zone = { keep: { for: 'P31M1D', from: 'closedAt', timeZone: 'America/New_York' } };
    const { diff } = await told(engine([]), [rule(zone)]);
    expect(Object.keys(of(diff, 'old-tickets').gained.months)[0]).to.equal('2020-12');
  });

  it('a protected record is told apart by its protection, also where it is a part of the record that is held', async () => {
    const { engine } = await desk();
    const lethe = engine([upTo(3)]);
    const { id } = await lethe.holds.place(
      { ...hold, scope: { kind: 'record', record: 'file/50' } },
      officer,
    );
    const { diff, records } = await told(lethe, [upTo(5)]);
    expect(records).to.deep.equal(['gained ticket/4 old-tickets', `protected ticket/5 old-tickets ${id}`]);
    expect(of(diff, 'old-tickets').notTaken).to.deep.equal([
      { by: id, kind: 'hold', ground: 'litigation', records: 1 },
    ]);
    expect(of(diff, 'old-tickets').gained.records).to.equal(1);
  });

  it('a new rule that meets another one is a conflict, and takes from it what it took', async () => {
    const { engine } = await desk();
    const late = upTo(4, { id: 'late' });
    const { diff, records } = await told(engine([upTo(2)]), [upTo(2), late]);
    expect(records).to.deep.equal(
      [
        ...['1', '2'].map((id) => `lost ticket/${id} old-tickets late`),
        ...['3', '4'].map((id) => `conflict ticket/${id} late old-tickets`),
      ].sort(),
    );
    expect(of(diff, 'old-tickets')).to.deep.include({ change: 'same', keys: [], publishing: null });
    expect(of(diff, 'old-tickets').lost.kept).to.deep.equal([
      { by: 'late', kind: 'conflict', ground: '', records: 2 },
    ]);
    expect(of(diff, 'late').notTaken).to.deep.equal([
      { by: 'old-tickets', kind: 'conflict', ground: '', records: 2 },
    ]);
  });

  it('a rule that is removed or made narrower lets go of what it kept from another', async () => {
    const { engine } = await desk();
    const other = upTo(4, { id: 'other' });
    const { diff, records } = await told(engine([upTo(2), other]), [other], {
      remove: ['old-tickets'],
      policies: ['other'],
    });
    expect(records).to.deep.equal([1, 2, 3, 4].map((id) => `gained ticket/${id} other`));
    expect(of(diff, 'old-tickets')).to.deep.include({ change: 'removed' });
    expect(of(diff, 'other').change).to.equal('same');
  });

  it('a record that another rule takes instead is neither gained nor lost', async () => {
    const { engine } = await desk();
    const wins = upTo(4, { id: 'wins', overrides: ['old-tickets'] });
    const { records } = await told(engine([upTo(2)]), [upTo(2), wins]);
    expect(records).to.deep.equal(['gained ticket/3 wins', 'gained ticket/4 wins']);
  });

  it('a duty to keep tells what it begins and ceases to protect, and which deletions it stops', async () => {
    const { engine } = await desk();
    const open = { when: { fact: 'status', operator: 'equal', value: 'open' } };
    const lethe = engine([upTo(2), floor({ id: 'duty', ...open })]);
    await lethe.retention.plan('old-tickets', officer, AS_OF); // places the floor in force: it must not stop the draft
    const { diff, records } = await told(lethe, [upTo(2), floor({ id: 'duty', ...keep('P35M1D') })]);
    expect(records).to.deep.equal(
      [
        'lost ticket/2 old-tickets duty',
        ...[2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((id) => `protects ticket/${id} duty`),
      ].sort(),
    );
    expect(of(diff, 'old-tickets').lost.kept).to.deep.equal([
      { by: 'duty', kind: 'floor', ground: 'statute', records: 1 },
    ]);
    const back = await told(engine([upTo(2), floor({ id: 'duty' })]), [
      upTo(2),
      floor({ id: 'duty', ...open }),
    ]);
    expect(back.records.filter((line) => line.startsWith('gained'))).to.deep.equal([
      'gained ticket/1 old-tickets',
      'gained ticket/2 old-tickets',
    ]);
    expect(of(back.diff, 'duty').releases).to.deep.include({ records: 12 });
    const open13 = await told(engine([floor({ id: 'duty' })]), [], { remove: ['duty'] });
    expect(of(open13.diff, 'duty').releases.months['']).to.equal(1);
  });

  it('a duty to keep that covers a category protects the parts that hold it, and not the others', async () => {
    const { engine } = await desk();
    const files = rule({ id: 'files', record: 'file', ...keep('P1Y', 'madeAt') });
    const duty = (covers: string): Json => floor({ id: 'duty', then: { action: 'keep', covers: [covers] } });
    const { diff } = await told(engine([files]), [files, duty('user.content')]);
    expect(of(diff, 'files').lost).to.deep.include({ records: 13 });
    expect(of(diff, 'files').lost.kept[0]).to.include({ by: 'duty', records: 13 });
    const other = await told(engine([files]), [files, duty('user.behavior')]);
    expect(other.diff.policies.map(({ policy }) => policy)).to.deep.equal(['duty']);
  });

  it('is read in one snapshot, and stores nothing', async () => {
    const { engine, admin } = await desk();
    const tables = await admin<{ name: string }>(
      "select format('lethe.%I', relname) as name from pg_class where relnamespace = 'lethe'::regnamespace and relkind = 'r'",
    );
    const counts = async (): Promise<readonly unknown[]> =>
      admin(tables.map(({ name }) => `select '${name}' as name, count(*) from ${name}`).join(' union all '));
    const before = await counts();
    const files = rule({ id: 'files', record: 'file', ...keep('P1Y', 'madeAt') });
    let arrived = false;
    const seen: string[] = [];
    const onRecord = async ({ record }: RecordChange): Promise<void> => {
      seen.push(record);
      if (arrived) return;
      arrived = true;
      await admin(`insert into shop.tickets (id, closed_at) values (99, '2020-01-01');
        insert into shop.files values (990, 1, '2020-01-01', '')`);
    };
    await told(engine([]), [upTo(2), files], { onRecord });
    expect(seen).to.have.length(2 + 13);
    expect(await counts()).to.deep.equal(before);
  });

  it('what is gained and lost is what plans take under the one set and the other', async () => {
    const { engine, admin } = await desk();
    await engine([]).holds.place({ ...hold, scope: { kind: 'record', record: 'ticket/3' } }, officer);
    await engine([]).holds.place({ ...hold, scope: { kind: 'record', record: 'file/70' } }, officer);
    await admin("update shop.tickets set status = 'resolved' where id % 3 = 0");
    /** Record → the rule that takes it. */
    const taken = async (policies: readonly Json[]): Promise<ReadonlyMap<string, string>> => {
      const lethe = engine(policies);
      const found = new Map<string, string>();
      for (const { id, then } of policies) {
        if ((then as Json)['action'] !== 'delete') continue;
        const plan = await lethe.retention.plan(String(id), officer, AS_OF);
        for (const line of await shown(lethe, plan.id))
          if (line.endsWith(' delete')) found.set(line.replace(' delete', ''), String(id));
      }
      return found;
    };
    const total = { gained: 0, lost: 0 };
    await fc.assert(
      fc.asyncProperty(policySet, policySet, async (inForce, drafts) => {
        const remove = inForce
          .map(({ id }) => String(id))
          .filter((id) => !drafts.some((other) => other['id'] === id));
        const policies = drafts.map(({ id }) => String(id));
        const { records, diff } = await told(engine(inForce), drafts, { remove, policies });
        const [before, after] = [await taken(inForce), await taken(drafts)];
        const expected = [
          ...[...after].flatMap(([record, id]) => (before.has(record) ? [] : [`gained ${record} ${id}`])),
          ...[...before].flatMap(([record, id]) => (after.has(record) ? [] : [`lost ${record} ${id}`])),
        ].sort();
        const changes = records
          .filter((line) => /^(gained|lost) /.test(line))
          .map((line) => line.split(' ').slice(0, 3).join(' '));
        expect(changes).to.deep.equal(expected);
        for (const change of ['gained', 'lost'] as const) {
          const sum = diff.policies.reduce((all, policy) => all + policy[change].records, 0);
          expect(sum).to.equal(expected.filter((line) => line.startsWith(change)).length);
          total[change] += sum;
        }
      }),
      { numRuns: 10, seed: 20260917 },
    );
    expect(total.gained).to.be.greaterThan(10);
    expect(total.lost).to.be.greaterThan(10);
  });

  it('names what publishing would do: in force at once, or waiting and why', async () => {
    const lethe = await publishedEngine(await desk(), [upTo(3)]);
    const shorter = await told(lethe, [upTo(5)]);
    expect(of(shorter.diff, 'old-tickets').publishing).to.deep.include({ waits: true, published: null });
    expect(of(shorter.diff, 'old-tickets').publishing?.because.join()).to.include(
      'keep.for: P33M1D → P31M1D',
    );
    const longer = await told(lethe, [upTo(2)]);
    expect(of(longer.diff, 'old-tickets').publishing).to.deep.equal({
      ...{ waits: false, because: [], published: null },
    });
  });

  it('policies that are named are compared alone, and one without a file would be removed', async () => {
    const lethe = await publishedEngine(await desk(), [
      upTo(2, { id: 'a', when: { fact: 'status', operator: 'equal', value: 'closed' } }),
      rule({ id: 'files', record: 'file', ...keep('P1Y', 'madeAt') }),
    ]);
    const drafts = [upTo(3, { id: 'a' }), upTo(9, { id: 'b' })];
    const { diff } = await told(lethe, drafts, { policies: ['a'] });
    expect(diff.policies.map(({ policy, change }) => `${policy} ${change}`)).to.deep.equal(['a changed']);
    const gone = await told(lethe, drafts, { policies: ['files'] });
    expect(gone.diff.policies.map(({ policy, change }) => `${policy} ${change}`)).to.deep.equal([
      'files removed',
    ]);
    expect(of(gone.diff, 'files').lost.records).to.equal(13);
    const every = await told(lethe, drafts);
    expect(every.diff.policies.map(({ policy }) => policy)).to.deep.equal(['a', 'b']);
  });

  it('an unknown policy, a day that is none and drafts with findings are refused', async () => {
    const { engine } = await desk();
    const lethe = engine([rule()]);
    const unknown = await refusal(told(lethe, [rule()], { policies: ['odl-tickets'] }), 'policy_unknown');
    expect(unknown.message).to.include('old-tickets');
    await refusal(told(lethe, [rule()], { remove: ['odl-tickets'] }), 'policy_unknown');
    await refusal(told(lethe, [rule()], { asOf: '2024-02-30T00:00:00Z' }), 'input_invalid');
    await refusal(told(lethe, [rule({ record: 'tickets' })]), 'policy_invalid');
    await refusal(told(lethe, [rule({ overrides: ['nobody'] })]), 'policy_invalid');
  });
});

const status = fc.constantFrom('open', 'closed', 'resolved');
const when = fc.option(
  status.map((value) => ({ when: { not: { fact: 'status', operator: 'equal', value } } })),
  { nil: {} },
);
const ticketRule = (id: string, overrides: readonly string[]): fc.Arbitrary<Json> =>
  fc
    .record({ months: fc.integer({ min: 1, max: 12 }), when, named: fc.subarray([...overrides]) })
    .map(({ months, when: condition, named }) =>
      upTo(months, { id, ...condition, ...(named.length > 0 ? { overrides: named } : {}) }),
    );
const duty: fc.Arbitrary<Json> = fc
  .record({
    months: fc.integer({ min: 1, max: 12 }),
    when,
    covers: fc.constantFrom(undefined, ['user.content']),
  })
  .map(({ months, when: condition, covers }) =>
    floor({
      ...{ id: 'duty', ...keep(`P${36 - months}M`), ...condition },
      then: { action: 'keep', ...(covers ? { covers } : {}) },
    }),
  );
const fileRule: fc.Arbitrary<Json> = fc
  .constantFrom('P1Y', 'P9Y')
  .map((period) => rule({ id: 'files', record: 'file', ...keep(period, 'madeAt') }));

/** One or two rules over tickets, of which one may override the other, and sometimes a duty to keep and a rule over files. */
const policySet: fc.Arbitrary<readonly Json[]> = fc
  .tuple(
    fc.oneof(fc.tuple(ticketRule('a', [])), fc.tuple(ticketRule('a', ['b']), ticketRule('b', []))),
    fc.option(duty),
    fc.option(fileRule),
  )
  .map(([rules, floors, files]) => [...rules, ...(floors ? [floors] : []), ...(files ? [files] : [])]);
