import { expect } from 'chai';
import { fixedClock } from '../../src/core/clock.js';
import { parseInstant, type Instant } from '../../src/core/instant.js';
import {
  approvedPlan,
  approver,
  AS_OF,
  closeDesks,
  dispose,
  floor,
  ids,
  officer,
  operator,
  refusal,
  rule,
  shown,
} from '../support/small-desk.js';
import { desk, RULES } from './plan-desk.js';

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
