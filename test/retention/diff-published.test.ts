import { expect } from 'chai';
import { closeDesks, refusal, rule } from '../support/small-desk.js';
import { desk, keep, of, publishedEngine, told, upTo } from './diff-desk.js';

describe('the difference of drafts to what is published', () => {
  afterEach(closeDesks);

  it('names what publishing would do: in force at once, or waiting and why', async () => {
    const lethe = await publishedEngine(await desk(), [upTo(3)]);
    const shorter = await told(lethe, [upTo(5)]);
    expect(of(shorter.diff, 'old-tickets').publishing).to.deep.include({ waits: true, published: null });
    expect(of(shorter.diff, 'old-tickets').publishing?.because.join()).to.include(
      'keep.for: P33M1D → P31M1D',
    );
    const longer = await told(lethe, [upTo(2)]);
    expect(of(longer.diff, 'old-tickets').publishing).to.deep.equal({
      ...{ waits: false, because: [], published: null },
    });
  });

  it('policies that are named are compared alone, and one without a file would be removed', async () => {
    const lethe = await publishedEngine(await desk(), [
      upTo(2, { id: 'a', when: { fact: 'status', operator: 'equal', value: 'closed' } }),
      rule({ id: 'files', record: 'file', ...keep('P1Y', 'madeAt') }),
    ]);
    const drafts = [upTo(3, { id: 'a' }), upTo(9, { id: 'b' })];
    const { diff } = await told(lethe, drafts, { policies: ['a'] });
    expect(diff.policies.map(({ policy, change }) => `${policy} ${change}`)).to.deep.equal(['a changed']);
    const gone = await told(lethe, drafts, { policies: ['files'] });
    expect(gone.diff.policies.map(({ policy, change }) => `${policy} ${change}`)).to.deep.equal([
      'files removed',
    ]);
    expect(of(gone.diff, 'files').lost.records).to.equal(13);
    const every = await told(lethe, drafts);
    expect(every.diff.policies.map(({ policy }) => policy)).to.deep.equal(['a', 'b']);
  });

  it('an unknown policy, a day that is none and drafts with findings are refused', async () => {
    const { engine } = await desk();
    const lethe = engine([rule()]);
    const unknown = await refusal(told(lethe, [rule()], { policies: ['odl-tickets'] }), 'policy_unknown');
    expect(unknown.message).to.include('old-tickets');
    await refusal(told(lethe, [rule()], { remove: ['odl-tickets'] }), 'policy_unknown');
    await refusal(told(lethe, [rule()], { asOf: '2024-02-30T00:00:00Z' }), 'input_invalid');
    await refusal(told(lethe, [rule({ record: 'tickets' })]), 'policy_invalid');
    await refusal(told(lethe, [rule({ overrides: ['nobody'] })]), 'policy_invalid');
  });
});
