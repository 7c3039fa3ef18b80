import { expect } from 'chai';
import {
  approvedPlan,
  approver,
  closeDesks,
  dispose,
  hold,
  officer,
  operator,
  refusal,
  rule,
  shown,
  ticketRows,
  type Desk,
} from '../support/small-desk.js';
import { LATER_DAY, plans, selfDesk } from './self-desk.js';

const CHILDREN = ['approval', 'chunk', 'exception', 'swept_parent'];

/** Tables in which something of this plan is left. */
async function leftOf({ admin }: Desk, plan: string): Promise<readonly string[]> {
  const [row] = await admin<{ left: readonly string[] }>(
    `select array_remove(array[${CHILDREN.map((table) => `case when exists (select from lethe.${table} where plan_id = $1) then '${table}' end`).join(', ')}], null) as left`,
    [plan],
  );
  return row?.left ?? [];
}

describe("Lethe's own plans, disposed of like any others", () => {
  afterEach(closeDesks);

  it('old plans go with everything that is theirs; the run that takes them stays, proven and sealed', async () => {
    const desk = await selfDesk([1, 2, 3]);
    const { admin, old, later } = desk;
    await old.holds.place({ ...hold, scope: { kind: 'record', record: 'ticket/2' } }, officer);
    const first = await dispose(old);
    await admin(
      `insert into lethe.job (id, policy, slot, state, plan_id) values ('job-1', 'old-tickets', '2024-01-01', 'done', '${first}')`,
    );
    expect(await leftOf(desk, first)).to.deep.equal(['approval', 'chunk', 'exception']);

    const plan = await later.retention.plan('lethe-finished-plans', officer, LATER_DAY);
    expect(plan.report.tables).to.deep.equal({
      'lethe-plan': 1,
      'lethe-approval': 1,
      'lethe-chunk': 1,
      'lethe-exception': 1,
      'lethe-swept-parent': 0,
    });
    expect(await shown(later, plan.id)).to.deep.equal([`lethe-plan/${first} delete`]);
    await later.retention.approve(plan.id, approver);
    await later.retention.apply(plan.id, operator);

    expect(await plans(desk)).to.deep.equal([plan.id]);
    expect(await leftOf(desk, first)).to.deep.equal([]);
    expect(await leftOf(desk, plan.id)).to.deep.equal(['approval', 'chunk']);
    const slots = await admin('select id, plan_id from lethe.job');
    expect(slots, 'the slot stays claimed').to.deep.equal([{ id: 'job-1', plan_id: null }]);
    expect((await later.ledger.verify()).findings).to.deep.equal([]);
    const certificate = await later.retention.certificate(plan.id);
    expect(certificate.tables.find(({ table }) => table === 'lethe-plan')).to.include({ deleted: 1 });
    const gone = await refusal(later.retention.certificate(first), 'plan_gone');
    expect(gone.message).to.contain(plan.id).and.to.contain('certificate had to be issued');
    await refusal(later.retention.apply(first, operator), 'plan_gone');
    await refusal(later.retention.certificate('plan-none'), 'plan_unknown');
  });

  it('no rule takes a plan that is being applied, or that a slot waits for, nor the run itself', async () => {
    const greedy = rule({
      id: 'all-plans',
      record: 'lethe-plan',
      keep: { for: 'P1D', from: 'createdAt', timeZone: 'UTC' },
      overrides: ['lethe-finished-plans', 'lethe-unused-plans'],
    });
    const desk = await selfDesk([1, 2, 3], [greedy]);
    const { admin, old, later } = desk;
    const states = ['applying', 'incomplete', 'failed', 'planned', 'withdrawn', 'done'];
    const made: Record<string, string> = {};
    for (const state of [...states, 'awaited']) {
      const { id } = await old.retention.plan('old-tickets', officer);
      made[state] = id;
      if (states.includes(state)) await admin(`update lethe.plan set state = $1 where id = $2`, [state, id]);
    }
    await admin(
      `insert into lethe.job (id, policy, slot, state, plan_id) values ('job-1', 'old-tickets', '2024-01-01', 'waiting', $1)`,
      [made['awaited']],
    );
    const own = await dispose(later, 'all-plans', LATER_DAY);
    const kept = ['applying', 'incomplete', 'failed', 'awaited'].map((state) => made[state] ?? '');
    expect(await plans(desk)).to.have.members([...kept, own]);
    for (const plan of kept) expect(await leftOf(desk, plan)).to.include('chunk');
    expect((await later.ledger.verify()).findings).to.deep.equal([]);
  });

  it('a plan that is begun after it was itself planned for deletion stays', async () => {
    const desk = await selfDesk([1, 2]);
    const { admin, old, later } = desk;
    const { id } = await old.retention.plan('old-tickets', officer);
    const { id: unused } = await old.retention.plan('old-tickets', officer);
    const taking = await approvedPlan(later, 'lethe-unused-plans', LATER_DAY);
    await admin(`update lethe.plan set state = 'applying', started_at = now() where id = $1`, [id]);
    await later.retention.apply(taking, operator);
    expect(await plans(desk)).to.have.members([id, taking]);
    expect(await shown(later, taking)).to.have.members([
      `lethe-plan/${id} changed`,
      `lethe-plan/${unused} deleted`,
    ]);
  });

  it('the last approved plan of a version in force stays: the schedule goes on by it', async () => {
    const desk = await selfDesk([1, 2]);
    const { admin, old, later } = desk;
    const first = await dispose(old);
    await admin(ticketRows([3]));
    const second = await dispose(old);
    await admin(`insert into lethe.publication (id, policy, kind, digest, published_at, published_by, change, not_before, approvers, assurance)
      select 'publication-1', policy, 'retention', policy_digests ->> policy, now(), created_by, 'initial', now(), 0, 'asserted'
      from lethe.plan limit 1`);
    await dispose(later, 'lethe-finished-plans', LATER_DAY);
    expect(await plans(desk, `policy = 'old-tickets'`)).to.deep.equal([second]);
    expect(first).to.not.equal(second);
    await admin(`insert into lethe.publication (id, policy, kind, digest, published_at, published_by, change, not_before, approvers, assurance)
      select 'publication-2', policy, 'retention', null, now(), published_by, 'keeps', now(), 0, 'asserted' from lethe.publication`);
    await dispose(later, 'lethe-finished-plans', LATER_DAY);
    expect(await plans(desk, `policy = 'old-tickets'`), 'the policy is removed').to.deep.equal([]);
  });

  it('a hold keeps a plan, and `why` answers for it: here, held, gone', async () => {
    const desk = await selfDesk([1, 2]);
    const { old, later } = desk;
    const first = await dispose(old);
    const record = `lethe-plan/${first}`;
    const placed = await later.holds.place({ ...hold, scope: { kind: 'record', record } }, officer);
    expect(placed.records).to.equal(1);
    const held = await later.retention.why(record);
    expect(held.protections.map(({ id }) => id)).to.deep.equal([placed.id]);
    expect(held.rules.filter(({ matches }) => matches).map(({ policy }) => policy)).to.deep.equal([
      'lethe-finished-plans',
    ]);
    await dispose(later, 'lethe-finished-plans', LATER_DAY);
    expect(await plans(desk)).to.include(first);
    await later.holds.lift(placed.id, 'settled', approver);
    const taking = await dispose(later, 'lethe-finished-plans', LATER_DAY);
    const gone = await later.retention.why(record);
    expect(gone).to.include({ exists: false });
    expect(gone.verdict).to.contain(taking).and.to.contain('lethe-finished-plans');
  });
});
