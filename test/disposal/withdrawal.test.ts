import { expect } from 'chai';
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
  pauseDeletes,
  refusal,
  resume,
  rule,
  shown,
  ticketRows,
  ticketTable,
  TICKETS,
  untilPaused,
  ONCE,
  type Desk,
} from '../support/small-desk.js';

const RULES = [rule()];
/** Stands in the reason; must be nowhere but in the plan's row. */
const MARKER = 'Zzyzx the customer called';

/** No foreign key from files: what comes late to a deleted ticket is found by the sweep alone. */
const desk = (): Promise<Desk> =>
  openDesk({
    ddl: `${TICKETS}; ${ticketRows([1, 2, 3])};
      create table shop.files (id bigint primary key, ticket_id bigint);
      insert into shop.files select id * 10, id from shop.tickets`,
    map: {
      tables: { tickets: ticketTable(), files: { key: { id: 'bigint' } } },
      edges: [{ child: 'files', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' }],
    },
  });

/** A run that got as far as all tickets but number 2, which somebody has open. */
async function interrupted(place: Desk): Promise<string> {
  const lethe = place.engine(RULES);
  const id = await approvedPlan(lethe);
  const agent = await place.connect();
  await agent.query('begin; select from shop.tickets where id = 2 for update');
  await refusal(lethe.retention.apply(id, operator, ONCE), 'run_incomplete');
  await agent.query('rollback');
  await agent.end();
  return id;
}

describe('withdrawing a plan', () => {
  afterEach(closeDesks);

  it('a withdrawn plan is neither approved nor applied nor withdrawn again', async () => {
    const { engine, admin } = await desk();
    const lethe = engine(RULES);
    const id = await approvedPlan(lethe);
    const withdrawn = await lethe.retention.withdraw(id, officer);
    expect(withdrawn).to.deep.equal({ id, deleted: 0, items: 3, unswept: 0 });
    await refusal(lethe.retention.approve(id, { ...approver, name: 'second' }), 'plan_finished');
    const error = await refusal(lethe.retention.apply(id, operator), 'plan_finished');
    expect(error.message).to.include('withdrawn');
    await refusal(lethe.retention.withdraw(id, officer), 'plan_finished');
    await refusal(lethe.retention.withdraw('plan-none', officer), 'plan_unknown');
    expect(await ids(admin, 'tickets')).to.have.length(3);
  });

  it('it is no trouble, its items stay for proof, and the policy can be planned again', async () => {
    const { engine, admin } = await desk();
    const lethe = engine(RULES);
    const id = await approvedPlan(lethe);
    await lethe.retention.withdraw(id, officer);
    const [status] = await engine([]).retention.status();
    expect(status).to.include({ id, state: 'withdrawn', isStale: false });
    expect(status && trouble(status)).to.equal(null);
    expect(await shown(lethe, id)).to.deep.equal([1, 2, 3].map((no) => `ticket/${no} withdrawn`));
    await dispose(lethe);
    expect(await ids(admin, 'tickets')).to.deep.equal([]);
  });

  it('the ledger says who withdrew what; the reason is in the plan’s row alone', async () => {
    const { engine, admin } = await desk();
    const lethe = engine(RULES);
    const { id } = await lethe.retention.plan('old-tickets', officer, AS_OF);
    await lethe.retention.withdraw(id, operator, MARKER);
    const [entry] = await admin<{ body: string }>(
      "select body from lethe.ledger_entry where kind = 'plan.withdrawn'",
    );
    expect(JSON.parse(entry?.body ?? '{}')).to.deep.include({
      about: { plan: id, policy: 'old-tickets', state: 'planned' },
      counts: { items: 3, taken: 0 },
    });
    expect(entry?.body).not.to.include('operator').and.not.include('Zzyzx');
    const rows = await admin('select from lethe.plan where withdraw_reason = $1', [MARKER]);
    expect(rows).to.have.length(1);
    await lethe.ledger.seal();
    for await (const line of lethe.ledger.export()) expect(line).not.to.include('Zzyzx');
  });

  it('a run that was interrupted ends where it is, without a certificate', async () => {
    const place = await desk();
    const lethe = place.engine(RULES);
    const id = await interrupted(place);
    expect(await lethe.retention.withdraw(id, officer)).to.deep.equal({
      id,
      deleted: 2,
      items: 3,
      unswept: 0,
    });
    await refusal(lethe.retention.apply(id, operator), 'plan_finished');
    await refusal(lethe.retention.certificate(id), 'certificate_unfinished');
    expect(await ids(place.admin, 'tickets')).to.deep.equal(['2']);
    expect(await ids(place.admin, 'files')).to.deep.equal(['20']);
  });

  it('what came late to its deleted records is swept, and their keys are forgotten', async () => {
    const place = await desk();
    const id = await interrupted(place);
    await place.admin('insert into shop.files values (99, 1), (98, 2)');
    await place.engine(RULES).retention.withdraw(id, officer);
    expect(await ids(place.admin, 'files')).to.deep.equal(['20', '98']);
    expect(await place.admin('select from lethe.swept_parent')).to.have.length(0);
  });

  it('a late row in use keeps the withdrawal loud until it is swept', async () => {
    const place = await desk();
    const lethe = place.engine(RULES);
    const id = await interrupted(place);
    const agent = await place.connect();
    await place.admin('insert into shop.files values (99, 1)');
    await agent.query('begin; select from shop.files where id = 99 for update');
    expect((await lethe.retention.withdraw(id, officer)).unswept).to.equal(1);
    const [status] = await lethe.retention.status();
    expect(status && trouble(status)).to.include('withdraw it once more');
    await agent.query('rollback');
    await agent.end();
    expect((await lethe.retention.withdraw(id, officer)).unswept).to.equal(0);
    expect(await ids(place.admin, 'files')).to.deep.equal(['20']);
    await refusal(lethe.retention.withdraw(id, officer), 'plan_finished');
  });

  it('a finished plan is not withdrawn', async () => {
    const { engine } = await desk();
    const lethe = engine(RULES);
    const id = await dispose(lethe);
    await refusal(lethe.retention.withdraw(id, officer), 'plan_finished');
  });

  it('a plan that is being applied is refused, and goes on undisturbed', async () => {
    const place = await desk();
    const lethe = place.engine(RULES);
    const id = await approvedPlan(lethe);
    await pauseDeletes(place.admin, 'shop.tickets');
    const run = (await place.another(RULES)).retention.apply(id, operator);
    await untilPaused(place.admin);
    await refusal(lethe.retention.withdraw(id, officer), 'plan_running');
    await resume(place.admin);
    expect((await run).state).to.equal('done');
  });

  it('a run that is withdrawn between two batches takes nothing more', async () => {
    const place = await desk();
    const lethe = place.engine(RULES);
    const id = await approvedPlan(lethe);
    const agent = await place.connect();
    await agent.query('begin; select from shop.tickets where id = 2 for update');
    const run = place.engine(RULES).retention.apply(id, operator, {
      progress: () => void place.admin("update lethe.plan set state = 'withdrawn'"),
    });
    const error = await refusal(run, 'plan_finished');
    expect(error.message).to.include('withdrawn');
    await agent.query('rollback');
    await agent.end();
    expect(await ids(place.admin, 'tickets')).to.deep.equal(['2']);
    const [plan] = await place.admin<{ state: string }>('select state from lethe.plan');
    expect(plan?.state).to.equal('withdrawn');
    const ends = await place.admin("select from lethe.ledger_entry where kind = 'retention.finished'");
    expect(ends).to.have.length(0);
  });
});
