import { expect } from 'chai';
import { withRoles } from '../../src/core/actor.js';
import { parseInstant, type Instant } from '../../src/core/instant.js';
import { publishInitial } from '../../src/publication/publish.js';
import { floor, refusal, rule } from '../support/small-desk.js';
import { draftsOf, publishingDesk, closePublishingDesks, years } from './publishing-desk.js';

describe('the first publication', () => {
  afterEach(closePublishingDesks);

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
});
