import { expect } from 'chai';
import type { Actors, ActorName } from '../../src/core/actor.js';
import { fixedClock, type Clock } from '../../src/core/clock.js';
import { parseInstant, type Instant } from '../../src/core/instant.js';
import { engineOver, type Engine } from '../../src/engine.js';
import { trouble } from '../../src/retention/status.js';
import {
  approvedPlan,
  approver,
  AS_OF,
  closeDesks,
  dispose,
  ids,
  officer,
  openDesk,
  operator,
  policiesOf,
  refusal,
  rule,
  ticketRows,
  ticketTable,
  TICKETS,
  TODAY,
  ONCE,
  type Desk,
  type Json,
} from '../support/small-desk.js';

/** Days after TODAY, at its hour. */
const later = (days: number, extra = 'T00:00:00Z'): Clock => {
  const day = new Date(Date.parse('2024-01-02') + days * 86_400_000).toISOString().slice(0, 10);
  return fixedClock(parseInstant(`${day}${extra}`) as Instant);
};

const named = (name: string): ActorName => ({ name, assurance: 'asserted' });
const asking = (approval: Json): readonly Json[] => [
  rule({ approval: { approvers: 1, assurance: 'asserted', ...approval } }),
];
const RULES = asking({});

const desk = (): Promise<Desk> =>
  openDesk({
    ddl: `${TICKETS}; ${ticketRows([1, 2, 3])}`,
    map: { tables: { tickets: ticketTable() }, edges: [] },
  });

const engineFor = ({ db, graph }: Desk, actors: Actors, policies = RULES): Engine =>
  engineOver({
    db,
    graph,
    clock: TODAY,
    vault: null,
    policiesInForce: () => Promise.resolve(policiesOf(graph, policies)),
    actors,
  });

async function troubleOf(engine: Engine, plan: string): Promise<string | null> {
  const status = (await engine.retention.status()).find(({ id }) => id === plan);
  if (!status) throw new Error('the plan has no status');
  return trouble(status);
}

describe('an approval has an end', () => {
  afterEach(closeDesks);

  it('after it no run starts, and the refusal says when it ended', async () => {
    const { engine, admin } = await desk();
    const id = await approvedPlan(engine(RULES));
    const error = await refusal(engine(RULES, later(30)).retention.apply(id, operator), 'plan_not_approved');
    expect(error.exitCode).to.equal(3);
    expect(error.message).to.include('0 of 1').and.include('expired on 2024-02-01 00:00 UTC');
    expect(await ids(admin, 'tickets')).to.have.length(3);
    expect(await troubleOf(engine(RULES, later(30)), id)).to.include('expired on 2024-02-01');
    await engine(RULES, later(29, 'T23:59:59.999999Z')).retention.apply(id, operator);
    expect(await ids(admin, 'tickets')).to.deep.equal([]);
  });

  it('the policy says how long it is good for, and the plan keeps to that', async () => {
    const { engine } = await desk();
    const policies = asking({ validFor: 'P2D' });
    const id = await approvedPlan(engine(policies));
    const [status] = await engine(policies).retention.status();
    expect(status?.approvals).to.deep.equal({
      given: 1,
      needed: 1,
      since: '2024-01-02T00:00:00.000000Z',
      until: '2024-01-04T00:00:00.000000Z',
      discounted: [],
    });
    await refusal(engine(policies, later(2)).retention.apply(id, operator), 'plan_not_approved');
  });

  it('by the clock of the engine and not by the server’s', async () => {
    const { engine, admin } = await desk();
    await approvedPlan(engine(RULES));
    const [row] = await admin<{ given: string; expires: string }>(
      `select to_char(given_at at time zone 'UTC', 'YYYY-MM-DD') as given,
         to_char(expires_at at time zone 'UTC', 'YYYY-MM-DD') as expires from lethe.approval`,
    );
    expect(row).to.deep.equal({ given: '2024-01-02', expires: '2024-02-01' });
  });

  it('who approved may approve again once it is over, and counts once', async () => {
    const { engine, admin } = await desk();
    const policies = asking({ approvers: 2 });
    const { id } = await engine(policies).retention.plan('old-tickets', officer, AS_OF);
    await engine(policies).retention.approve(id, approver);
    await engine(policies, later(20)).retention.approve(id, named('second'));
    await refusal(engine(policies, later(29)).retention.approve(id, approver), 'approval_twice');
    await engine(policies, later(40)).retention.approve(id, named('APPROVER'));
    const [status] = await engine(policies, later(40)).retention.status();
    // good until the first of the two that are needed ends: the second person's, 20 + 30 days on
    expect(status?.approvals).to.deep.include({
      given: 2,
      discounted: [],
      since: '2024-02-11T00:00:00.000000Z',
      until: '2024-02-21T00:00:00.000000Z',
    });
    await engine(policies, later(41)).retention.apply(id, operator);
    expect(await ids(admin, 'tickets')).to.deep.equal([]);
  });

  it('a run that started in time may finish, however late', async () => {
    const { engine, admin, connect } = await desk();
    const id = await approvedPlan(engine(RULES));
    const agent = await connect();
    await agent.query('begin; select from shop.tickets where id = 2 for update');
    await refusal(engine(RULES).retention.apply(id, operator, ONCE), 'run_incomplete');
    await agent.query('rollback');
    await agent.end();
    expect(await ids(admin, 'tickets')).to.deep.equal(['2']);
    await engine(RULES, later(300)).retention.apply(id, operator);
    expect(await ids(admin, 'tickets')).to.deep.equal([]);
  });

  it('is not given where it would end before the plan is due', async () => {
    const { engine, admin } = await desk();
    const { id } = await engine(RULES).retention.plan('old-tickets', officer, '2024-03-01T00:00:00Z');
    await refusal(engine(RULES).retention.approve(id, approver), 'plan_not_due');
    expect(await admin('select from lethe.approval')).to.have.length(0);
    await engine(RULES, later(50)).retention.approve(id, approver);
  });

  for (const [what, statement, why] of [
    ['its digest is another', "update lethe.approval set plan_digest = 'other'", 'another content'],
    ['its end was put back', "update lethe.approval set expires_at = '2023-12-31'", 'expired on 2023-12-31'],
    ['its author is the plan’s', 'update lethe.approval set actor_id = created_by from lethe.plan', 'author'],
  ] as const)
    it(`does not count when in the database ${what}, and the refusal says so`, async () => {
      const { engine, admin } = await desk();
      const id = await approvedPlan(engine(RULES));
      await admin(statement);
      const error = await refusal(engine(RULES).retention.apply(id, operator), 'plan_not_approved');
      expect(error.message).to.include(why);
      expect(await ids(admin, 'tickets')).to.have.length(3);
    });

  for (const [what, statement] of [
    ['no role', "update lethe.plan set role = null where role = 'data-protection-officer'"],
    ['a longer validity', "update lethe.plan set valid_for = 'P900Y'"],
    ['another slot', "update lethe.plan set slot = '2024-01-01'"],
  ] as const)
    it(`a plan that was given ${what} in the database is not the one that was approved`, async () => {
      const { engine, admin } = await desk();
      const lethe = engine(asking({ role: 'data-protection-officer' }));
      const id = await approvedPlan(lethe);
      await admin(statement);
      await refusal(lethe.retention.apply(id, operator), 'plan_changed');
      expect(await ids(admin, 'tickets')).to.have.length(3);
    });
});

describe('who approves', () => {
  afterEach(closeDesks);

  it('has the role the policy asks for: some right to approve is not enough', async () => {
    const place = await desk();
    const policies = asking({ role: 'data-protection-officer' });
    const actors = {
      officer: ['operator'],
      Paula: ['policy-owner'],
      Dana: ['data-protection-officer'],
    } as const;
    const lethe = engineFor(place, actors, policies);
    const { id } = await lethe.retention.plan('old-tickets', officer, AS_OF);
    const error = await refusal(lethe.retention.approve(id, named('Paula')), 'role_missing');
    expect(error.message).to.include('data-protection-officer').and.include('has policy-owner');
    // a role that the installation does not give is not to be had by saying so
    const claimed = { ...named('Paula'), roles: ['data-protection-officer'] } as const;
    await refusal(lethe.retention.approve(id, claimed), 'role_missing');
    await lethe.retention.approve(id, named('dana'));
    expect((await lethe.retention.apply(id, officer)).state).to.equal('done');
  });

  it('an approval stored without that role does not count', async () => {
    const { engine, admin } = await desk();
    const lethe = engine(asking({ role: 'data-protection-officer' }));
    const id = await approvedPlan(lethe);
    await admin("update lethe.approval set roles = '{policy-owner}'");
    const error = await refusal(lethe.retention.apply(id, operator), 'plan_not_approved');
    expect(error.message).to.include('without the role data-protection-officer');
  });

  for (const name of ['Paula', ' PAULA', 'Ｐａｕｌａ'])
    it(`did not publish the version the plan rests on, also written "${name}"`, async () => {
      const { engine, admin } = await desk();
      const lethe = engine(RULES);
      const { id } = await lethe.retention.plan('old-tickets', officer, AS_OF);
      await publish(admin, 'Paula', 'takesMore');
      const error = await refusal(lethe.retention.approve(id, named(name)), 'approval_publisher');
      expect(error.exitCode).to.equal(3);
      await lethe.retention.approve(id, approver);
    });

  it('who publishes the version after approving no longer counts', async () => {
    const { engine, admin } = await desk();
    const lethe = engine(RULES);
    const id = await approvedPlan(lethe);
    await publish(admin, 'approver', 'keeps');
    const error = await refusal(lethe.retention.apply(id, operator), 'plan_not_approved');
    expect(error.message).to.include('publisher');
  });

  it('may have set up the installation: the initial version is nobody’s own', async () => {
    const { engine, admin } = await desk();
    const lethe = engine(RULES);
    const { id } = await lethe.retention.plan('old-tickets', officer, AS_OF);
    await publish(admin, 'approver', 'initial');
    await lethe.retention.approve(id, approver);
    expect((await lethe.retention.apply(id, operator)).state).to.equal('done');
  });
});

/** As `policy publish` would: a version of the plan's policy, published by somebody. */
const publish = (admin: Desk['admin'], name: string, change: string): Promise<unknown> =>
  admin(`insert into lethe.actor (id, name, name_key) values ('actor-p', '${name}', lower('${name}')) on conflict do nothing;
    insert into lethe.publication (id, policy, kind, digest, published_at, published_by, change, not_before, approvers, assurance)
    select 'publication-1', policy, 'retention', policy_digests ->> policy, '2023-01-01', a.id, '${change}', '2023-01-01', 0, 'asserted'
    from lethe.plan, lethe.actor a where a.name_key = lower('${name}')`);

describe('a plan that is stale', () => {
  afterEach(closeDesks);

  it('is not approved, and status says what to do', async () => {
    const { engine, admin } = await desk();
    const { id } = await engine(RULES).retention.plan('old-tickets', officer, AS_OF);
    expect(await troubleOf(engine(RULES), id)).to.equal(null);
    const changed = engine([rule({ reason: 'another' })]);
    await refusal(changed.retention.approve(id, approver), 'plan_changed');
    expect(await admin('select from lethe.approval')).to.have.length(0);
    const [status] = await changed.retention.status();
    expect(status?.isStale).to.equal(true);
    expect(await troubleOf(changed, id))
      .to.include('changed since')
      .and.include('withdraw');
    await engine(RULES).retention.approve(id, approver);
    expect(await troubleOf(engine([]), id), 'approved, and its policy removed').to.include('changed since');
  });

  it('a plan that is done is never called stale', async () => {
    const { engine } = await desk();
    const id = await dispose(engine(RULES));
    const [status] = await engine([]).retention.status();
    expect(status?.isStale).to.equal(false);
    expect(await troubleOf(engine([]), id)).to.equal(null);
  });
});
