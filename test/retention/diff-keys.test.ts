import { expect } from 'chai';
import { keyChanges } from '../../src/retention/diff-keys.js';

const changed = (from: unknown, to: unknown): readonly string[] =>
  keyChanges(from, to).map(
    (change) => `${change.path}: ${JSON.stringify(change.from)} → ${JSON.stringify(change.to)}`,
  );
const leaf = (value: string): object => ({ fact: 'status', operator: 'equal', value });

describe('where two versions of a policy differ', () => {
  it('a value is named by its path, one that is not there has none', () => {
    const from = { id: 'a', keep: { for: 'P1Y', from: 'closedAt' }, cite: 'BGB 195' };
    const to = { id: 'a', keep: { for: 'P2Y', from: 'closedAt' }, schedule: { cron: '0 3 * * *' } };
    expect(changed(from, to)).to.deep.equal([
      'keep.for: "P1Y" → "P2Y"',
      'cite: "BGB 195" → undefined',
      'schedule: undefined → {"cron":"0 3 * * *"}',
    ]);
    expect(keyChanges(from, { id: 'a', keep: from.keep })).to.deep.equal([{ path: 'cite', from: 'BGB 195' }]);
  });

  it('the order of keys is no difference', () => {
    expect(changed({ a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 })).to.deep.equal([]);
  });

  it('a list of plain values is shown whole', () => {
    expect(changed({ value: ['a', 'b'] }, { value: ['b', 'c', 'a'] })).to.deep.equal([
      'value: ["a","b"] → ["b","c","a"]',
    ]);
  });

  it('a condition that is put in or taken out does not change those around it', () => {
    const [a, b, c] = [leaf('a'), leaf('b'), leaf('c')];
    expect(changed({ all: [a, b] }, { all: [c, a, b] })).to.deep.equal([
      `all[0]: undefined → ${JSON.stringify(c)}`,
    ]);
    expect(changed({ all: [a, b, c] }, { all: [a, c] })).to.deep.equal([
      `all[1]: ${JSON.stringify(b)} → undefined`,
    ]);
    expect(changed({ all: [a, b, c] }, { all: [a, leaf('x'), c] })).to.deep.equal([
      'all[1].value: "b" → "x"',
    ]);
    expect(changed({ all: [a] }, { all: [a, a] })).to.deep.equal([
      `all[1]: undefined → ${JSON.stringify(a)}`,
    ]);
  });

  it('a group of another kind is a change of both', () => {
    expect(changed({ all: [leaf('a')] }, { any: [leaf('a')] })).to.have.length(2);
    expect(changed({ when: leaf('a') }, { when: [leaf('a')] })).to.have.length(1);
  });
});
