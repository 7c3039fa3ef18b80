import { expect } from 'chai';
import { withRoles } from '../../src/core/actor.js';
import { engineOver } from '../../src/engine.js';
import { policiesInForce } from '../../src/publication/policies-in-force.js';
import {
  AS_OF,
  floor,
  ids,
  mapOf,
  pauseDeletes,
  policiesOf,
  refusal,
  resume,
  rule,
  ticketTable,
  TODAY,
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
  type PublishingDesk,
} from './publishing-desk.js';

/** With the triggers out of the way, as somebody can who owns the database. */
async function exchange(desk: PublishingDesk, text: string, id: string): Promise<void> {
  await desk.admin('alter table lethe.version disable trigger immutable');
  await desk.admin('update lethe.version set content = $1 where name = $2', [text, id]);
  await desk.admin('alter table lethe.version enable trigger immutable');
}

describe('nobody gets past what is published', () => {
  afterEach(closePublishingDesks);

  it('a run that is going on stops where a version that takes less is published', async () => {
    const desk = await publishingDesk();
    await desk.admin(
      `insert into shop.tickets (id, closed_at) select n, '2021-06-01' from generate_series(5, 1200) n`,
    );
    await desk.init(years(1));
    const plan = await approvedByDana(desk);
    await pauseDeletes(desk.admin, 'shop.tickets');
    const run = refusal(desk.lethe.retention.apply(plan, owner), 'plan_changed');
    await untilPaused(desk.admin);
    const elsewhere = desk.other({ db: await desk.openAnother() });
    const publishing = elsewhere.policies.publish({ drafts: draftsOf(years(9)) }, owner);
    await untilPaused(desk.admin, 2); // publishing waits for the batch that is under way
    await resume(desk.admin);
    await publishing;
    const left = await ids(desk.admin, 'tickets');
    expect(left).to.have.length(1200 - 400);
    await run;
    expect(await ids(desk.admin, 'tickets')).to.deep.equal(left);
  });

  it('a run that is going on stops where another rule comes into force that claims its records', async () => {
    const desk = await publishingDesk();
    await desk.init(years(1));
    const plan = await approvedByDana(desk);
    const { outcomes } = await desk.publish(years(1), years(3, { id: 'other' }));
    await desk.lethe.policies.approve(outcomes[1]?.version.id ?? '', dpo);
    let asked = 0;
    const lethe = engineOver({
      ...{ db: desk.db, graph: desk.graph, clock: TODAY, vault: null },
      policiesInForce: (on = desk.db) => {
        asked += 1;
        // the cooling time ends after the plan was found to be as it should
        return policiesInForce(
          on,
          desk.graph,
          asked > 1 ? ('2024-02-01T00:00:00.000000Z' as never) : TODAY.now(),
        );
      },
    });
    await refusal(lethe.retention.apply(plan, owner), 'plan_changed');
    expect(await ids(desk.admin, 'tickets')).to.have.length(4);
  });

  it('who read the policies before a duty to keep was published does not end it', async () => {
    const desk = await publishingDesk();
    await desk.init(years(1));
    let asked = 0;
    const slow = engineOver({
      ...{ db: desk.db, graph: desk.graph, clock: TODAY, vault: null },
      policiesInForce: async (on = desk.db) => {
        asked += 1;
        if (asked > 1) return policiesInForce(on, desk.graph, TODAY.now());
        const before = await policiesInForce(on, desk.graph, TODAY.now());
        await desk.publish(years(1), floor());
        return before;
      },
    });
    await slow.retention.plan('old-tickets', owner, AS_OF);
    const floors = await desk.admin(
      `select from lethe.protection where kind = 'floor' and lifted_at is null`,
    );
    expect(floors).to.have.length(1);
  });

  it('a text that was exchanged beneath its digest is no version', async () => {
    const desk = await publishingDesk();
    await desk.init(years(9), floor());
    const plan = await approvedByDana(desk);
    const [other] = policiesOf(desk.graph, [years(1)]);
    await exchange(desk, other?.text ?? '', 'old-tickets');
    const fresh = desk.other({ graph: { ...desk.graph } }); // another process: nothing is compiled yet
    for (const work of [
      () => fresh.retention.plan('old-tickets', owner, AS_OF),
      () => fresh.retention.apply(plan, owner),
      () => fresh.policiesInForce(),
    ]) {
      const refused = await refusal(work(), 'version_unreadable');
      expect(refused.message).to.include('is not the one that was published');
    }
    const [version] = await fresh.policies.history('old-tickets');
    expect(await fresh.policies.text(version?.id ?? '')).to.equal(null);
  });

  it('a duty to keep whose text was exchanged protects everything', async () => {
    const desk = await publishingDesk();
    await desk.init(years(1), floor());
    await desk.lethe.retention.plan('old-tickets', owner, AS_OF);
    const [other] = policiesOf(desk.graph, [
      floor({ keep: { for: 'P1D', from: 'closedAt', timeZone: 'UTC' } }),
    ]);
    await exchange(desk, other?.text ?? '', 'must-keep');
    // what is in force was compiled already; the batch reads the protection's own text
    await refusal(desk.lethe.retention.plan('old-tickets', owner, AS_OF), 'protection_unreadable');
  });

  it('a version that stands under the name of another policy is none', async () => {
    const desk = await publishingDesk();
    await desk.init(years(9));
    await desk.admin(
      `insert into lethe.publication (id, policy, kind, digest, published_at, published_by, change, not_before, approvers, assurance)
       select 'version-x', 'other', kind, digest, published_at, published_by, change, not_before, 0, assurance from lethe.publication`,
    );
    const fresh = desk.other({ graph: { ...desk.graph } });
    expect((await refusal(fresh.policiesInForce(), 'version_unreadable')).message).to.include(
      '"old-tickets"',
    );
  });

  it('nothing published is ever deleted: the database refuses it', async () => {
    const desk = await publishingDesk();
    await desk.init(years(3));
    const { outcomes } = await desk.publish(years(2));
    await desk.lethe.policies.approve(outcomes[0]?.version.id ?? '', dpo);
    for (const table of ['publication_approval', 'publication', 'version']) {
      const error: unknown = await desk
        .admin(`delete from lethe.${table}`)
        .catch((reason: unknown) => reason);
      expect(String(error), table).to.include('published versions are immutable');
    }
  });

  describe('a rule that is published anew needs the approvals of the one it replaces', () => {
    const approval = {
      approvers: 2,
      assurance: 'asserted',
      role: 'data-protection-officer',
      validFor: 'P30D',
    };
    const wanted = { approvers: 2, role: 'data-protection-officer' };

    it('after its removal, under its own id or another', async () => {
      const desk = await publishingDesk();
      await desk.init(years(3, { approval }));
      const drafts = draftsOf(years(3));
      await desk.lethe.policies.publish({ drafts, remove: ['old-tickets'] }, owner);
      const { outcomes } = await desk.publish(years(3), rule({ id: 'renamed' }));
      expect(outcomes.map(({ version }) => version.change)).to.deep.equal(['takesMore', 'takesMore']);
      for (const { version } of outcomes) expect(version).to.include(wanted);
    });

    it('beside it on the same records, and where it overrides it', async () => {
      const desk = await publishingDesk();
      await desk.init(
        years(3, { approval }),
        rule({ id: 'weak', when: { fact: 'status', operator: 'equal', value: 'spam' } }),
      );
      const first = await desk.publish(rule({ id: 'other' }), years(3, { approval }));
      expect(first.outcomes[0]?.version).to.include(wanted);
      const weak = rule({
        id: 'weak',
        overrides: ['old-tickets'],
        when: { fact: 'status', operator: 'equal', value: 'spam' },
      });
      const { outcomes } = await desk.publish(weak, years(3, { approval }));
      expect(outcomes[0]?.version).to.include(wanted);
      // a rule of its own keeps to what it asks for itself
      const wider = await desk.publish(rule({ id: 'weak' }));
      expect(wider.outcomes[0]?.version).to.include({ approvers: 1, role: null });
    });

    it('also where the data map cannot read it any more', async () => {
      const desk = await publishingDesk();
      await desk.init(years(3, { approval }));
      const renamed = mapOf({
        tables: { tickets: ticketTable({ facts: { doneAt: { column: 'closed_at' } } }) },
        edges: [],
      });
      const keep = { for: 'P3Y', from: 'doneAt', timeZone: 'UTC' };
      const { outcomes } = await desk
        .other({ graph: renamed })
        .policies.publish({ drafts: draftsOf(rule({ keep })) }, owner);
      expect(outcomes[0]?.version).to.include(wanted);
    });
  });

  it('a name with marks that nobody sees is the same person, who does not approve alone', async () => {
    const desk = await publishingDesk();
    await desk.init(years(3));
    const { outcomes } = await desk.publish(years(2));
    const again = { ...owner, name: 'Ol\u200bga\u2060' };
    await refusal(desk.lethe.policies.approve(outcomes[0]?.version.id ?? '', again), 'version_own');
    const plan = await desk.lethe.retention.plan('old-tickets', owner, AS_OF);
    await refusal(desk.lethe.retention.approve(plan.id, { ...owner, name: 'OLGA\u00ad' }), 'approval_own');
    expect(withRoles({ Olga: ['operator'] }, again).roles).to.deep.equal(['operator']);
  });
});
