import { expect } from 'chai';
import { replay } from '../../src/disposal/replay.js';
import { requireCurrent } from '../../src/ledger/standing.js';
import { backUp, closeRestored, context, restored } from '../support/restore.js';
import { closeDesks, officer, operator } from '../support/small-desk.js';
import { testClock } from '../support/published.js';
import { closePools, GIVE, openConsentDesk, POLICIES, WITHDRAW } from './consent-desk.js';

describe('a restored database', () => {
  afterEach(async () => {
    await closeRestored();
    await closePools();
    await closeDesks();
  });

  it('does not go on as if a consent held that was withdrawn after the backup; other purposes keep theirs', async () => {
    const clock = testClock('2023-12-01T00:00:00.000000Z');
    const desk = await openConsentDesk(clock);
    const engine = desk.with();
    const research = { ...GIVE, purpose: 'dpv:ScientificResearch' } as const;
    const child = { ...GIVE, record: 'customer/3' } as const;
    const lost = { ...GIVE, record: 'customer/2' } as const;
    for (const order of [GIVE, research, child]) await engine.consent.give(order, officer);
    await engine.ledger.seal();
    const name = await backUp(desk);
    clock.set('2023-12-02T00:00:00.000000Z');
    await engine.consent.withdraw({ ...WITHDRAW, channel: 'e-mail' }, officer);
    await engine.consent.withdraw(
      { ...WITHDRAW, record: 'customer/3', by: { relation: 'guardian', verified: 'call' } },
      officer,
    );
    await engine.consent.give(lost, officer);
    await engine.consent.revoke({ ...WITHDRAW, record: 'customer/2' }, officer);

    const yesterday = await restored(desk, name);
    const parts = context(yesterday, desk, name);
    const again = desk.with(POLICIES, clock, yesterday.db);
    expect((await again.consent.check(WITHDRAW)).holds, 'before').to.equal(true);
    expect(await replay(parts, operator)).to.include({ acts: 3, consentsWithdrawn: 2 });
    await requireCurrent(parts.db, parts.vault);
    expect(await again.consent.check(WITHDRAW)).to.include({
      state: 'dpv:ConsentWithdrawn',
      since: '2023-12-02T00:00:00.000000Z',
    });
    expect((await again.consent.check({ ...WITHDRAW, purpose: research.purpose })).holds).to.equal(true);
    const [ofChild] = await again.consent.show('customer/3');
    expect(ofChild?.events.at(-1)).to.include({ by: 'parent', relation: 'guardian', verified: 'call' });
    expect((await again.consent.check({ ...WITHDRAW, record: 'customer/2' })).holds).to.equal(false);
    expect(await replay(parts, operator)).to.include({ acts: 0 });
  });
});
