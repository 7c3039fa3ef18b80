import { expect } from 'chai';
import { approvedPlan, closeDesks, dispose, ids, operator, rule, shown } from '../support/small-desk.js';
import { desk, keepFor } from './protected-desk.js';

describe('rules that compete', () => {
  afterEach(closeDesks);

  const [short, long] = [
    rule({ id: 'short' }),
    rule({
      id: 'long',
      keep: keepFor('P2Y', 'closedAt'),
      when: { all: [{ fact: 'status', operator: 'equal', value: 'both' }] },
    }),
  ];

  it('what two rules match, due or not, neither takes', async () => {
    const { engine, admin } = await desk();
    await admin(
      "update shop.tickets set status = 'both' where id in (2, 3); update shop.tickets set closed_at = '2022-12-01' where id = 3",
    );
    const lethe = engine([short, long]);
    const plans = [await dispose(lethe, 'short'), await dispose(lethe, 'long')] as const;
    expect(await ids(admin, 'tickets')).to.deep.equal(['2', '3', '9']);
    expect((await shown(lethe, plans[0])).filter((item) => item.includes('conflict'))).to.deep.equal([
      'ticket/2 conflict long',
      'ticket/3 conflict long',
    ]);
    expect(await shown(lethe, plans[1])).to.deep.equal(['ticket/2 conflict short']);
  });

  it('a rule that overrides the other takes what both match, the other leaves it', async () => {
    const { engine, admin } = await desk();
    await admin(
      "update shop.tickets set status = 'both' where id in (2, 3); update shop.tickets set closed_at = '2022-12-01' where id = 3",
    );
    const lethe = engine([short, { ...long, overrides: ['short'] }]);
    const first = await dispose(lethe, 'short');
    expect(await shown(lethe, first)).to.include.members([
      'ticket/2 overridden long',
      'ticket/3 overridden long',
    ]);
    expect(await ids(admin, 'tickets')).to.deep.equal(['2', '3', '9']);
    await dispose(lethe, 'long');
    expect(await ids(admin, 'tickets')).to.deep.equal(['3', '9']);
  });

  it('the other way round the general rule takes all', async () => {
    const { engine, admin } = await desk();
    await admin("update shop.tickets set status = 'both' where id in (2, 3)");
    const lethe = engine([{ ...short, overrides: ['long'] }, long]);
    const plan = await dispose(lethe, 'long');
    expect(await shown(lethe, plan)).to.deep.equal([
      'ticket/2 overridden short',
      'ticket/3 overridden short',
    ]);
    await dispose(lethe, 'short');
    expect(await ids(admin, 'tickets')).to.deep.equal(['9']);
  });

  it('a record that another rule comes to match after the plan is left, and said', async () => {
    const { engine, admin } = await desk();
    const lethe = engine([short, long]);
    const plan = await approvedPlan(lethe, 'short');
    await admin("update shop.tickets set status = 'both' where id = 4");
    await lethe.retention.apply(plan, operator);
    expect(await shown(lethe, plan)).to.include('ticket/4 conflict long');
    expect(await ids(admin, 'tickets')).to.deep.equal(['4', '9']);
  });

  it('a record inside the closure of another is no conflict: whichever falls due first takes it', async () => {
    const { engine, admin } = await desk();
    const messages = rule({ id: 'old-messages', record: 'message', keep: keepFor('P20Y', 'sentAt') });
    await dispose(engine([rule(), messages]));
    expect(await ids(admin, 'messages')).to.deep.equal(['90', '91']);
  });
});
