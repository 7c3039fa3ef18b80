import { expect } from 'chai';
import { fixedClock } from '../../src/core/clock.js';
import { parseInstant, type Instant } from '../../src/core/instant.js';
import { trouble } from '../../src/retention/status.js';
import { busyDesk } from '../support/busy-desk.js';
import {
  approvedPlan,
  approver,
  AS_OF,
  closeDesks,
  dispose,
  floor,
  hold,
  ids,
  mapOf,
  officer,
  openDesk,
  operator,
  refusal,
  rule,
  shown,
  TICKETS,
  ticketRows,
  ticketTable,
  TODAY,
  type Desk,
  type Json,
} from '../support/small-desk.js';

const RULES = [rule()];
const MAP = {
  parameters: { site: { type: 'text' } },
  tables: {
    tickets: ticketTable(),
    files: {
      key: { id: 'bigint' },
      concept: 'file',
      columns: { made_at: { type: 'timestamptz' } },
      facts: { madeAt: { column: 'made_at' } },
    },
    customers: {
      key: { id: 'bigint' },
      concept: 'customer',
      columns: { seen_at: { type: 'timestamptz' } },
      facts: { seenAt: { column: 'seen_at' } },
    },
  },
  edges: [
    {
      child: 'files',
      parent: 'tickets',
      on: { ticket: { sql: "'rt://' || :site || '/' || cast(parent.id as text)" } },
      then: 'delete',
    },
  ],
} satisfies Json;

const desk = (): Promise<Desk> =>
  openDesk({
    ddl: `${TICKETS}; ${ticketRows([1, 2, 3], [9])};
      create table shop.files (id bigint primary key, ticket text, made_at timestamptz);
      create table shop.customers (id bigint primary key, seen_at timestamptz);
      insert into shop.files select id * 10, 'rt://a/' || id, '2021-01-01' from shop.tickets`,
    map: MAP,
    parameters: { site: 'a' },
  });

describe('planning', () => {
  afterEach(closeDesks);

  it('a plan writes itself and nothing else, and tells what it would take', async () => {
    const { engine, admin } = await desk();
    await admin("update shop.tickets set closed_at = '2022-02-28 23:30+00' where id = 2");
    const berlin = { for: 'P1Y', from: 'closedAt', timeZone: 'Europe/Berlin' };
    const plan = await engine([rule({ keep: berlin })]).retention.plan('old-tickets', officer, AS_OF);
    expect(plan).to.include({ items: '3', state: 'planned', as_of: AS_OF, record: 'ticket' });
    expect(plan.report).to.deep.include({
      tables: { files: 3, tickets: 3 },
      months: { '2021-06': 2, '2022-03': 1 },
      oldest: '2021-06-01T00:00:00.000000Z',
      newest: '2022-02-28T23:30:00.000000Z',
      protected: [],
      conflicts: [],
      overridden: [],
    });
    expect(plan.report.sql.select).to.match(/^select .* from "shop"."tickets" this where /);
    expect(plan.report.sql.act.join()).to.include('delete from "shop"."files"');
    expect(await ids(admin, 'tickets')).to.have.length(4);
  });

  it('a plan that takes nothing can be approved and applied', async () => {
    const { engine, admin } = await desk();
    const lethe = engine(RULES);
    const id = await approvedPlan(lethe, 'old-tickets', '2019-01-01T00:00:00Z');
    expect((await lethe.retention.apply(id, operator)).state).to.equal('done');
    expect(await ids(admin, 'tickets')).to.have.length(4);
    expect(await shown(lethe, id)).to.deep.equal([]);
  });

  it('what cannot be planned is refused: an unknown policy, a duty to keep, a day that is none', async () => {
    const { engine } = await desk();
    const lethe = engine([rule(), floor()]);
    const unknown = await refusal(lethe.retention.plan('odl-tickets', officer), 'policy_unknown');
    expect(unknown.message).to.include('old-tickets').and.not.to.include('must-keep');
    await refusal(lethe.retention.plan('must-keep', officer), 'input_invalid');
    await refusal(lethe.retention.plan('old-tickets', officer, '2024-02-30T00:00:00Z'), 'input_invalid');
    await refusal(lethe.retention.plan('old-tickets', { ...officer, name: ' ' }), 'input_invalid');
  });
});

describe('approval', () => {
  afterEach(closeDesks);

  it('without approval nothing is applied', async () => {
    const { engine, admin } = await desk();
    const lethe = engine(RULES);
    const { id } = await lethe.retention.plan('old-tickets', officer, AS_OF);
    const error = await refusal(lethe.retention.apply(id, approver), 'plan_not_approved');
    expect(error.exitCode).to.equal(3);
    expect(error.message).to.include('0 of 1').and.include('officer');
    expect(await ids(admin, 'tickets')).to.have.length(4);
  });

  for (const name of ['officer', 'Officer', ' OFFICER ', 'ＯＦＦＩＣＥＲ'])
    it(`the author does not approve their own plan, also written "${name}"`, async () => {
      const { engine } = await desk();
      const lethe = engine(RULES);
      const { id } = await lethe.retention.plan('old-tickets', officer, AS_OF);
      const error = await refusal(lethe.retention.approve(id, { ...officer, name }), 'approval_own');
      expect(error.exitCode).to.equal(3);
      await refusal(lethe.retention.apply(id, operator), 'plan_not_approved');
    });

  it('nobody approves twice, and a policy may ask for two', async () => {
    const { engine, admin } = await desk();
    const lethe = engine([rule({ approval: { approvers: 2, assurance: 'asserted' } })]);
    const { id } = await lethe.retention.plan('old-tickets', officer, AS_OF);
    await lethe.retention.approve(id, approver);
    await refusal(lethe.retention.approve(id, { ...approver, name: 'APPROVER' }), 'approval_twice');
    const error = await refusal(lethe.retention.apply(id, operator), 'plan_not_approved');
    expect(error.message).to.include('1 of 2');
    await lethe.retention.approve(id, { ...approver, name: 'second' });
    await lethe.retention.apply(id, operator);
    expect(await ids(admin, 'tickets')).to.deep.equal(['9']);
  });

  it('a finished plan is neither approved nor applied again', async () => {
    const { engine } = await desk();
    const lethe = engine(RULES);
    const id = await dispose(lethe);
    await refusal(lethe.retention.approve(id, { ...approver, name: 'late' }), 'plan_finished');
    expect((await refusal(lethe.retention.apply(id, operator), 'plan_finished')).exitCode).to.equal(2);
    await refusal(lethe.retention.apply('plan-none', operator), 'plan_unknown');
    await refusal(lethe.retention.approve('plan-none', operator), 'plan_unknown');
  });

  it('a plan that looks ahead waits for its day', async () => {
    const { engine, admin } = await desk();
    const ahead = '2025-01-01T00:00:00.000000Z';
    const rules = [rule({ approval: { approvers: 1, assurance: 'asserted', validFor: 'P2Y' } })];
    const id = await approvedPlan(engine(rules), 'old-tickets', ahead);
    await refusal(engine(rules).retention.apply(id, operator), 'plan_not_due');
    expect(await ids(admin, 'tickets')).to.have.length(4);
    await engine(rules, fixedClock(parseInstant(ahead) as Instant)).retention.apply(id, operator);
    expect(await ids(admin, 'tickets')).to.deep.equal([]);
  });
});

describe('a plan that is no longer what was approved', () => {
  afterEach(closeDesks);

  const files = rule({
    id: 'old-files',
    record: 'file',
    keep: { for: 'P6M', from: 'madeAt', timeZone: 'UTC' },
  });
  const onCustomers = rule({
    id: 'old-customers',
    record: 'customer',
    keep: { for: 'P6M', from: 'seenAt', timeZone: 'UTC' },
  });

  const changes: Readonly<Record<string, readonly Json[]>> = {
    'the policy is edited': [rule({ keep: { for: 'P2Y', from: 'closedAt', timeZone: 'UTC' } })],
    'only its reason is edited': [rule({ reason: 'another' })],
    'the policy is removed': [files],
    'a floor is added': [rule(), floor()],
    'a floor on what goes along is added': [
      rule(),
      floor({ record: 'file', keep: { for: 'P9Y', from: 'madeAt', timeZone: 'UTC' } }),
    ],
    'a competing rule is added': [rule(), rule({ id: 'other', overrides: ['old-tickets'] })],
    'a rule about what goes along is added': [rule(), files],
  };
  for (const [change, policies] of Object.entries(changes))
    it(`is refused when ${change}`, async () => {
      const { engine, admin } = await desk();
      const id = await approvedPlan(engine(RULES));
      const error = await refusal(engine(policies).retention.apply(id, operator), 'plan_changed');
      expect(error.exitCode).to.equal(2);
      expect(await ids(admin, 'tickets')).to.have.length(4);
      // nothing was broken: with the old policies it is still what was approved
      await engine(RULES).retention.apply(id, operator);
    });

  it('is refused when a floor on what its records belong to is added', async () => {
    const { engine } = await desk();
    const id = await approvedPlan(engine([files]), 'old-files');
    await refusal(engine([files, floor()]).retention.apply(id, operator), 'plan_changed');
  });

  it('is as good as ever when a policy about other records comes or goes', async () => {
    const { engine, admin } = await desk();
    const id = await approvedPlan(engine(RULES));
    await engine([rule(), onCustomers]).retention.apply(id, operator);
    expect(await ids(admin, 'tickets')).to.deep.equal(['9']);
  });

  it('is refused when a parameter of the map or the map itself is another', async () => {
    const { engine, graph } = await desk();
    const id = await approvedPlan(engine(RULES));
    const parameter = mapOf(MAP, { site: 'b' });
    const edge = mapOf({ ...MAP, edges: [] }, { site: 'a' });
    for (const other of [parameter, edge])
      await refusal(engine(RULES, TODAY, other).retention.apply(id, operator), 'plan_changed');
    await engine(RULES, TODAY, graph).retention.apply(id, operator);
  });

  const tampering: Readonly<Record<string, string>> = {
    'a key is put in': 'update lethe.chunk set keys_bigint = keys_bigint || 9::bigint, items = items + 1',
    'a key is exchanged': 'update lethe.chunk set keys_bigint[1] = 9',
    'a key is taken out': 'update lethe.chunk set keys_bigint = keys_bigint[2:]',
    'a key is put in, with its digest':
      "update lethe.chunk set keys_bigint = '{1,2,3,9}', digest = encode(sha256(E'1\\n2\\n3\\n9'), 'hex')",
    'a chunk is taken out': 'delete from lethe.chunk',
    'the cutoff is moved': "update lethe.plan set cutoff = '2023-12-31'",
    'the instant is moved': "update lethe.plan set as_of = '2023-12-31'",
    'the digests of the policies are exchanged': `update lethe.plan set policy_digests = '{"old-tickets": "0"}'`,
    'fewer approvers are asked for': 'update lethe.plan set approvers = 0',
    'another author is named':
      "update lethe.plan set created_by = (select id from lethe.actor where name = 'approver')",
    'another record is named': "update lethe.plan set record = 'file'",
    'the stored policy is exchanged':
      "alter table lethe.version disable trigger immutable; update lethe.version set content = replace(content, 'P1Y', 'P1D') where kind = 'retention'",
  };
  for (const [what, statement] of Object.entries(tampering))
    it(`is refused when in the database ${what}`, async () => {
      const { engine, admin } = await desk();
      const lethe = engine(RULES);
      const id = await approvedPlan(lethe);
      await admin(statement);
      await refusal(lethe.retention.apply(id, operator), 'plan_changed');
      expect(await ids(admin, 'tickets')).to.have.length(4);
    });

  it('an approval of another digest does not count', async () => {
    const { engine, admin } = await desk();
    const lethe = engine(RULES);
    const id = await approvedPlan(lethe);
    await admin("update lethe.approval set plan_digest = 'other'");
    await refusal(lethe.retention.apply(id, operator), 'plan_not_approved');
  });

  it('a busy key that was never planned is not taken', async () => {
    const { engine, admin } = await desk();
    const lethe = engine(RULES);
    await admin("insert into shop.tickets values (5, 'closed', '2021-01-01')");
    await lethe.holds.place({ ...hold, scope: { kind: 'record', record: 'ticket/5' } }, officer);
    const id = await approvedPlan(lethe);
    await admin(
      "update lethe.protection set lifted_at = now(), lifted_by = placed_by; update lethe.chunk set state = 'busy'; insert into lethe.exception (plan_id, key, found_by, outcome, chunk) select id, key, 'apply', 'busy', 0 from lethe.plan, (values ('1'), ('5')) k(key)",
    );
    await refusal(lethe.retention.apply(id, operator), 'plan_changed');
    expect(await ids(admin, 'tickets')).to.have.length(5);
  });
});

describe('status', () => {
  afterEach(closeDesks);

  it('a run that did not start within a quarter of an hour, did not finish or failed is loud', async () => {
    const { engine, admin } = await desk();
    const lethe = engine(RULES);
    const { id } = await lethe.retention.plan('old-tickets', officer, AS_OF);
    const now = async (at = lethe): Promise<string | null> => {
      const [status] = await at.retention.status();
      return status ? trouble(status) : 'no status';
    };
    expect(await now()).to.equal(null);
    await lethe.retention.approve(id, approver);
    const after = (time: string) => engine(RULES, fixedClock(parseInstant(`2024-01-02T${time}Z`) as Instant));
    expect(await now(after('00:14:59'))).to.equal(null);
    expect(await now(after('00:15:00'))).to.include('not applied');
    await admin("update lethe.plan set state = 'applying'");
    expect(await now()).to.include('did not finish');
    await admin("update lethe.plan set state = 'failed', failure = 'database_failed: x'");
    expect(await now()).to.include('database_failed');
    await admin("update lethe.plan set state = 'incomplete', failure = '1 records busy, in use elsewhere'");
    expect(await now()).to.include('1 records busy');
    await lethe.retention.apply(id, operator);
    expect(await now()).to.equal(null);
    const [status] = await lethe.retention.status();
    expect(status).to.include({
      items: 3,
      done: 3,
      deleted: 3,
      busy: 0,
      createdBy: 'officer',
      failure: null,
    });
  });

  it('an old plan that is not done does not drop off the list', async () => {
    const { engine, admin } = await desk();
    const lethe = engine(RULES);
    const { id } = await lethe.retention.plan('old-tickets', officer, AS_OF);
    await admin(`update lethe.plan set created_at = '2020-01-01', state = 'applying';
      insert into lethe.plan (id, policy, digest, map_digest, policy_digests, item_digest, record, as_of, cutoff, items, report, approvers, assurance, state, created_by)
      select 'plan-' || n, policy, digest, map_digest, policy_digests, item_digest, record, as_of, cutoff, items, report, approvers, assurance, 'done', created_by
      from lethe.plan, generate_series(1, 250) n`);
    const plans = await lethe.retention.status();
    expect(plans.map((plan) => plan.id)).to.include(id);
    expect(plans.length).to.be.within(200, 201);
  });

  it('show names each record once, before, during and after the run', async () => {
    const setup = busyDesk(1500);
    const { engine, admin } = await openDesk(setup);
    const lethe = engine(RULES);
    await lethe.holds.place({ ...hold, scope: { kind: 'record', record: 'ticket/1' } }, officer);
    const id = await approvedPlan(lethe);
    const count = async (): Promise<Record<string, number>> => {
      const items = await shown(lethe, id);
      expect(new Set(items.map((item) => item.split(' ')[0])).size).to.equal(items.length);
      const counts: Record<string, number> = {};
      for (const item of items) {
        const outcome = item.split(' ')[1] ?? '';
        counts[outcome] = (counts[outcome] ?? 0) + 1;
      }
      return counts;
    };
    expect(await count()).to.deep.equal({ delete: 999, protected: 1 });
    await admin(
      'update shop.tickets set closed_at = null where id = 2; delete from shop.files; delete from shop.messages where ticket_id = 4; delete from shop.tickets where id = 4',
    );
    const stop = new AbortController();
    const progress = (): void => {
      stop.abort();
    };
    await refusal(lethe.retention.apply(id, operator, { signal: stop.signal, progress }), 'run_incomplete');
    expect(await count()).to.deep.equal({ delete: 599, deleted: 398, changed: 1, gone: 1, protected: 1 });
    await lethe.retention.apply(id, operator);
    expect(await count()).to.deep.equal({ deleted: 997, changed: 1, gone: 1, protected: 1 });
  });
});
