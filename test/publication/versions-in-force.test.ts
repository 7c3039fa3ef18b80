import { expect } from 'chai';
import {
  AS_OF,
  floor,
  ids,
  mapOf,
  pauseDeletes,
  refusal,
  resume,
  rule,
  ticketTable,
  untilBlocked,
  untilPaused,
} from '../support/small-desk.js';
import {
  dpo,
  draftsOf,
  owner,
  publishingDesk,
  approvedByDana,
  closePublishingDesks,
  years,
} from './publishing-desk.js';

describe('versions in force', () => {
  afterEach(closePublishingDesks);

  it('plans and runs go by the version in force, whatever else is drafted or waits', async () => {
    const desk = await publishingDesk();
    await desk.init(years(1));
    await desk.publish(years(1, { keep: { for: 'P1D', from: 'closedAt', timeZone: 'UTC' } }));
    const plan = await desk.lethe.retention.plan('old-tickets', owner, AS_OF);
    const [first] = await desk.lethe.policies.history();
    expect(plan.policy_digests).to.deep.equal({ 'old-tickets': first?.digest });
    await desk.lethe.retention.approve(plan.id, dpo);
    await desk.lethe.retention.apply(plan.id, owner);
    expect(await ids(desk.admin, 'tickets')).to.deep.equal(['4']);
    const unknown = await refusal(desk.lethe.retention.plan('drafted', owner), 'policy_unknown');
    expect(unknown.message).to.include('lethe policy publish');
  });

  it('a plan that was made under an older version is not applied under a newer one', async () => {
    const desk = await publishingDesk();
    await desk.init(years(1));
    const plan = await approvedByDana(desk);
    await desk.publish(years(2));
    await refusal(desk.lethe.retention.apply(plan, owner), 'plan_changed');
  });

  it('a duty to keep protects from the moment it is published, also from a run that is going on', async () => {
    const desk = await publishingDesk();
    await desk.admin(
      `insert into shop.tickets (id, closed_at) select n, '2021-06-01' from generate_series(5, 1200) n`,
    );
    await desk.init(years(1));
    const plan = await approvedByDana(desk);
    await pauseDeletes(desk.admin, 'shop.tickets');
    const run = desk.lethe.retention.apply(plan, owner);
    await untilPaused(desk.admin);
    const elsewhere = desk.other({ db: await desk.openAnother() });
    const publishing = elsewhere.policies.publish({ drafts: draftsOf(years(1), floor()) }, owner);
    await untilBlocked(desk.admin, 'pg_advisory_xact_lock');
    await resume(desk.admin);
    await Promise.all([run, publishing]);
    const left = await ids(desk.admin, 'tickets');
    expect(left).to.have.length(1200 - 400); // the first batch was under way
    expect((await elsewhere.retention.why(`ticket/${left[0] ?? ''}`)).verdict).to.match(/^kept: floor/);
  });

  it('a map that no longer reads what is in force stops plans, not those who put it right', async () => {
    const desk = await publishingDesk();
    await desk.init(years(3));
    const renamed = mapOf({
      tables: { tickets: ticketTable({ facts: { doneAt: { column: 'closed_at' } } }) },
      edges: [],
    });
    const lethe = desk.other({ graph: renamed });
    const stopped = await refusal(lethe.retention.plan('old-tickets', owner), 'version_unreadable');
    expect(stopped.message).to.match(/old-tickets \(version-\w+\): keep\.from: unknown fact "closedAt"/);
    expect(await lethe.policies.history()).to.have.length(1);
    const fitting = rule({ keep: { for: 'P3Y', from: 'doneAt', timeZone: 'UTC' } });
    const { outcomes } = await lethe.policies.publish({ drafts: draftsOf(fitting) }, owner);
    expect(outcomes[0]?.version.because[0]).to.include('cannot read the version in force');
    await lethe.policies.approve(outcomes[0]?.version.id ?? '', dpo);
    await refusal(lethe.retention.plan('old-tickets', owner), 'version_unreadable');
    desk.turnTo('2024-01-09');
    expect((await lethe.retention.plan('old-tickets', owner)).policy).to.equal('old-tickets');
  });
});
