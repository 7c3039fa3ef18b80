import { expect } from 'chai';
import { withRoles } from '../../src/core/actor.js';
import { parseInstant, type Instant } from '../../src/core/instant.js';
import { publishInitial } from '../../src/publication/publish.js';
import {
  AS_OF,
  closeDesks,
  floor,
  ids,
  mapOf,
  pauseDeletes,
  refusal,
  resume,
  rule,
  ticketTable,
  until,
  untilBlocked,
  untilPaused,
  type Json,
} from '../support/small-desk.js';
import {
  closePools,
  dpo,
  draftsOf,
  owner,
  publishingDesk,
  third,
  type PublishingDesk,
} from './publishing-desk.js';

const keep = (period: string): Json => ({ keep: { for: period, from: 'closedAt', timeZone: 'UTC' } });
const years = (number: number, different: Json = {}): Json => rule({ ...keep(`P${number}Y`), ...different });

async function approvedByDana({ lethe }: PublishingDesk): Promise<string> {
  const { id } = await lethe.retention.plan('old-tickets', owner, AS_OF);
  await lethe.retention.approve(id, dpo);
  return id;
}

describe('published versions', () => {
  afterEach(async () => {
    await closePools();
    await closeDesks();
  });

  it('the first of an installation are in force at once, and only the first', async () => {
    const desk = await publishingDesk();
    expect(await desk.inForce()).to.deep.equal([]);
    expect(await desk.init(years(3), floor())).to.deep.equal(['old-tickets', 'must-keep']);
    expect(await desk.inForce()).to.deep.equal(['must-keep P10Y', 'old-tickets P3Y']);
    expect(await desk.init(years(1))).to.equal(null);
    expect(await desk.inForce()).to.deep.equal(['must-keep P10Y', 'old-tickets P3Y']);
    const [first] = await desk.lethe.policies.history('old-tickets');
    expect(first).to.include({ number: 1, change: 'initial', author: 'Olga' });
  });

  it('the first take the role for publishing; where there is a history, init has nothing to publish and asks for none', async () => {
    const desk = await publishingDesk();
    const operator = withRoles({ Otto: ['operator'] }, { name: 'Otto', assurance: 'asserted' });
    const context = {
      ...desk,
      now: parseInstant('2024-01-02T00:00:00Z') as Instant,
      cooling: 'P7D',
      vault: null,
    };
    await refusal(publishInitial(context, draftsOf(years(3)), operator), 'role_missing');
    expect(await desk.inForce()).to.deep.equal([]);
    await desk.init(years(3));
    expect(await publishInitial(context, draftsOf(years(1)), operator)).to.equal(null);
  });

  it("Lethe's rules about its own records are no history: the first about the ticket system are still in force at once", async () => {
    const desk = await publishingDesk();
    const own = rule({
      id: 'own-plans',
      record: 'lethe-plan',
      keep: { for: 'P3Y', from: 'endedAt', timeZone: 'UTC' },
    });
    await desk.init(own);
    expect(await desk.init(own, years(3))).to.deep.equal(['old-tickets']);
    expect(await desk.inForce()).to.have.members(['own-plans P3Y', 'old-tickets P3Y']);
    expect(await desk.init(own, years(1))).to.equal(null);
  });

  it('one wrong file stops the first publication as a whole', async () => {
    const desk = await publishingDesk();
    const wrong = await refusal(desk.init(years(3), floor({ record: 'tikcet' })), 'policy_invalid');
    expect(wrong.message).to.include('policies/must-keep.json: record');
    expect(await desk.lethe.policies.history()).to.deep.equal([]);
    await desk.init(years(3), floor());
    expect(await desk.inForce()).to.have.length(2);
  });

  it('what takes no more is in force at once', async () => {
    const desk = await publishingDesk();
    await desk.init(years(3));
    const { outcomes } = await desk.publish(years(4), floor());
    expect(outcomes.map(({ version }) => [version.change, version.state.is])).to.deep.equal([
      ['keeps', 'inForce'],
      ['keeps', 'inForce'],
    ]);
    expect(await desk.inForce()).to.deep.equal(['must-keep P10Y', 'old-tickets P4Y']);
  });

  it('what may take more waits for the cooling time and for approval, whichever comes last', async () => {
    const desk = await publishingDesk();
    await desk.init(years(3));
    const { outcomes } = await desk.publish(years(2));
    const version = outcomes[0]?.version;
    expect(version?.because).to.deep.equal(['keep.for: P3Y → P2Y takes records 1 year earlier']);
    expect(version?.state).to.deep.equal({
      is: 'waiting',
      until: '2024-01-09T00:00:00.000000Z',
      given: 0,
      needed: 1,
    });
    await desk.lethe.policies.approve(version?.id ?? '', dpo);
    desk.turnTo('2024-01-08');
    expect(await desk.inForce()).to.deep.equal(['old-tickets P3Y']);
    desk.turnTo('2024-01-09');
    expect(await desk.inForce()).to.deep.equal(['old-tickets P2Y']);
    desk.turnTo('2024-01-10');
    await desk.publish(years(1));
    desk.turnTo('2024-03-01'); // long cooled, and approved by nobody
    expect(await desk.inForce()).to.deep.equal(['old-tickets P2Y']);
    const [waiting] = await desk.lethe.policies.waiting();
    await desk.lethe.policies.approve(waiting?.id ?? '', dpo);
    expect(await desk.inForce()).to.deep.equal(['old-tickets P1Y']);
    const [, , last] = await desk.lethe.policies.history();
    expect(last?.state).to.deep.equal({ is: 'inForce', since: '2024-03-01T00:00:00.000000Z' });
  });

  it('the stricter of the two versions says how many approve, and in which role', async () => {
    const desk = await publishingDesk();
    const approval = {
      approvers: 2,
      assurance: 'asserted',
      role: 'data-protection-officer',
      validFor: 'P30D',
    };
    await desk.init(years(3, { approval }));
    const { outcomes } = await desk.publish(years(2));
    const version = outcomes[0]?.version;
    expect(version).to.include({ approvers: 2, role: 'data-protection-officer' });
    const actors = {
      Olga: ['policy-owner'],
      Dana: ['data-protection-officer'],
      Theo: ['policy-owner'],
      Omar: ['operator'],
    } as const;
    const strict = desk.other({ actors });
    await refusal(strict.policies.approve(version?.id ?? '', third), 'role_missing');
    const omar = { name: 'Omar', assurance: 'asserted' } as const;
    await refusal(strict.policies.approve(version?.id ?? '', omar), 'role_missing');
    await refusal(strict.policies.publish({ drafts: draftsOf(years(5)) }, omar), 'role_missing');
    const approved = await strict.policies.approve(version?.id ?? '', dpo);
    expect(approved.state).to.include({ given: 1, needed: 2 });
  });

  it('whoever published a version does not approve it, and nobody approves twice', async () => {
    const desk = await publishingDesk();
    await desk.init(years(3));
    const { outcomes } = await desk.publish(years(2));
    const id = outcomes[0]?.version.id ?? '';
    await refusal(desk.lethe.policies.approve(id, { ...owner, name: ' olga ' }), 'version_own');
    await desk.lethe.policies.approve(id, dpo);
    await refusal(desk.lethe.policies.approve(id, dpo), 'version_approved');
    desk.turnTo('2024-01-09');
    await refusal(desk.lethe.policies.approve(id, third), 'version_settled');
    await refusal(desk.lethe.policies.approve('version-none', third), 'version_unknown');
  });

  it('a newer version takes the place of one that waits, which never comes into force', async () => {
    const desk = await publishingDesk();
    await desk.init(years(3));
    const { outcomes } = await desk.publish(years(1));
    const id = outcomes[0]?.version.id ?? '';
    await desk.lethe.policies.approve(id, dpo);
    desk.turnTo('2024-01-05');
    const second = await desk.publish(years(2));
    expect(second.outcomes[0]?.takenBack).to.equal(id);
    await refusal(desk.lethe.policies.approve(id, third), 'version_settled');
    desk.turnTo('2024-06-01');
    expect(await desk.inForce()).to.deep.equal(['old-tickets P3Y']);
    const states = (await desk.lethe.policies.history()).map(({ state }) => state.is);
    expect(states).to.deep.equal(['inForce', 'superseded', 'waiting']);
  });

  it('the text in force, published again, takes back the one that waits', async () => {
    const desk = await publishingDesk();
    await desk.init(years(3));
    await desk.publish(years(1));
    const { outcomes } = await desk.publish(years(3));
    expect(outcomes[0]?.version).to.include({ change: 'keeps' });
    expect(outcomes[0]?.version.state.is).to.equal('inForce');
    expect(await desk.lethe.policies.waiting()).to.deep.equal([]);
  });

  it('what says the same as the newest version is not published again', async () => {
    const desk = await publishingDesk();
    await desk.init(years(3));
    const { outcomes } = await desk.publish(years(3));
    expect(outcomes.map(({ isNew }) => isNew)).to.deep.equal([false]);
    expect(await desk.lethe.policies.history()).to.have.length(1);
  });

  it('a first version after the first publication waits, unless it is a duty to keep', async () => {
    const desk = await publishingDesk();
    await desk.init();
    await desk.publish(floor());
    const { outcomes } = await desk.publish(years(3), floor());
    expect(outcomes.map(({ isNew, version }) => [isNew, version.state.is])).to.deep.equal([
      [true, 'waiting'],
      [false, 'inForce'],
    ]);
  });

  it('a file that is gone removes nothing; a removal is published, and that of a duty to keep waits', async () => {
    const desk = await publishingDesk();
    await desk.init(years(3), floor());
    const all = await desk.publish(years(3));
    expect(all.withoutFile).to.deep.equal(['must-keep']);
    expect(await desk.inForce()).to.have.length(2);
    const drafts = draftsOf(years(3));
    const { outcomes } = await desk.lethe.policies.publish({ drafts, policies: ['must-keep'] }, owner);
    expect(outcomes[0]?.version).to.deep.include({ digest: null, because: ['the duty to keep ends'] });
    await desk.lethe.policies.publish({ drafts, remove: ['old-tickets'] }, owner);
    expect(await desk.inForce()).to.deep.equal(['must-keep P10Y']);
    await desk.lethe.policies.approve(outcomes[0]?.version.id ?? '', dpo);
    desk.turnTo('2024-01-09');
    expect(await desk.inForce()).to.deep.equal([]);
    const unknown = desk.lethe.policies.publish({ drafts, remove: ['nobody'] }, owner);
    await refusal(unknown, 'input_invalid');
    const again = await desk.publish(years(3));
    expect(again.outcomes[0]?.version.change).to.equal('takesMore');
  });

  it('what is published must fit together with what is published already', async () => {
    const desk = await publishingDesk();
    await desk.init(years(3), rule({ id: 'second', overrides: ['old-tickets'] }));
    const removal = desk.lethe.policies.publish({ drafts: draftsOf(), remove: ['old-tickets'] }, owner);
    expect((await refusal(removal, 'policy_invalid')).message).to.match(
      /^second \(version-\w+\): overrides\[0\]: no policy "old-tickets"/,
    );
    const drafts = draftsOf(years(3, { overrides: ['third'] }), rule({ id: 'third' }));
    const half = desk.lethe.policies.publish({ drafts, policies: ['old-tickets'] }, owner);
    expect((await refusal(half, 'policy_invalid')).message).to.include('no policy "third"');
    expect(await desk.lethe.policies.history()).to.have.length(2);
  });

  it('a wrong file stops only those who publish it', async () => {
    const desk = await publishingDesk();
    await desk.init(years(3));
    const drafts = draftsOf(years(4), rule({ id: 'wrong', record: 'tikcet' }));
    await refusal(desk.lethe.policies.publish({ drafts }, owner), 'policy_invalid');
    await desk.lethe.policies.publish({ drafts, policies: ['old-tickets'] }, owner);
    expect(await desk.inForce()).to.deep.equal(['old-tickets P4Y']);
    const unparsed = { ...drafts, problems: [{ file: 'policies/x.json', path: '', message: 'is no JSON' }] };
    const named = desk.lethe.policies.publish({ drafts: unparsed, policies: ['x'] }, owner);
    expect((await refusal(named, 'policy_invalid')).message).to.include('policies/x.json: is no JSON');
  });

  it('nothing published is ever changed: the database refuses it', async () => {
    const desk = await publishingDesk();
    await desk.init(years(3));
    const { outcomes } = await desk.publish(years(2));
    await desk.lethe.policies.approve(outcomes[0]?.version.id ?? '', dpo);
    for (const statement of [
      `update lethe.publication set not_before = now() - interval '1 year'`,
      `update lethe.publication set approvers = 0`,
      `update lethe.version set content = '{}'`,
      `update lethe.publication_approval set given_at = now() - interval '1 year'`,
      'truncate lethe.publication cascade',
      'truncate lethe.version cascade',
    ]) {
      const error: unknown = await desk.admin(statement).catch((reason: unknown) => reason);
      expect(String(error), statement).to.include('published versions are immutable');
    }
  });

  it('every publication and approval is in the ledger, by actor id and without a name', async () => {
    const desk = await publishingDesk();
    await desk.init(years(3));
    const { outcomes } = await desk.publish(years(2));
    const version = outcomes[0]?.version;
    await desk.lethe.policies.approve(version?.id ?? '', dpo);
    const entries = await desk.admin<{ kind: string; body: string }>(
      'select kind, body from lethe.ledger_entry order by at, kind',
    );
    expect(entries.map(({ kind }) => kind).sort()).to.deep.equal([
      'policy.approved',
      'policy.published',
      'policy.published',
    ]);
    const told = entries.find(({ body }) => body.includes(version?.id ?? '') && body.includes('takesMore'));
    expect(told?.body)
      .to.include(version?.digest ?? '')
      .and.to.include('"approvers":1');
    for (const { body } of entries) expect(body).not.to.match(/Olga|Dana/);
  });

  it('two who publish at once come one after the other, and the second is told what the first did', async () => {
    const desk = await publishingDesk();
    await desk.init(years(3));
    const elsewhere = desk.other({ db: await desk.openAnother() });
    const blocker = await desk.connect();
    await blocker.query('begin');
    await blocker.query('select pg_advisory_xact_lock($1::bigint)', [String(0x4c455448_13n)]);
    const both = Promise.all([
      desk.lethe.policies.publish({ drafts: draftsOf(years(5)) }, owner),
      elsewhere.policies.publish({ drafts: draftsOf(years(5)) }, dpo),
    ]);
    await until(async () => {
      const waiting = await desk.admin(
        `select 1 from pg_stat_activity where datname = current_database() and wait_event = 'advisory'`,
      );
      return waiting.length === 2;
    }, 'two publishers that wait');
    await blocker.query('commit');
    const published = (await both).flatMap(({ outcomes }) => outcomes.map(({ isNew }) => isNew));
    expect(published.sort()).to.deep.equal([false, true]);
    expect(await desk.lethe.policies.history()).to.have.length(2);
  });

  it('a step is compared with what is in force then, also when somebody else has just published', async () => {
    const desk = await publishingDesk();
    await desk.init(years(3));
    const elsewhere = desk.other({ db: await desk.openAnother() });
    const both = await Promise.all([
      desk.lethe.policies.publish({ drafts: draftsOf(years(5)) }, owner),
      elsewhere.policies.publish({ drafts: draftsOf(years(4)) }, dpo),
    ]);
    const changes = both.flatMap(({ outcomes }) => outcomes.map(({ version }) => version.change));
    // four years are more than three, and fewer than five
    const [, second] = await desk.lethe.policies.history();
    const isFiveFirst = second?.digest === both[0].outcomes[0]?.version.digest;
    expect(changes).to.deep.equal(isFiveFirst ? ['keeps', 'takesMore'] : ['keeps', 'keeps']);
  });

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

  it('a clock that runs behind does not publish into the past', async () => {
    const desk = await publishingDesk();
    await desk.init(years(3));
    desk.turnTo('2024-01-01');
    await desk.publish(years(4));
    const [first, second] = await desk.lethe.policies.history();
    expect(second?.publishedAt).to.equal(first?.publishedAt);
    desk.turnTo('2024-01-02');
    expect(await desk.inForce()).to.deep.equal(['old-tickets P4Y']);
  });
});
