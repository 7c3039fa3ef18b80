import { expect } from 'chai';
import { floor, refusal, rule, until } from '../support/small-desk.js';
import {
  dpo,
  draftsOf,
  owner,
  publishingDesk,
  third,
  closePublishingDesks,
  years,
} from './publishing-desk.js';

describe('published versions', () => {
  afterEach(closePublishingDesks);

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
