import { expect } from 'chai';
import fc from 'fast-check';
import { leastMasked, masked } from '../../src/access/masks.js';
import { MASKS } from '../../src/policy/access-schema.js';

describe('masks', () => {
  const cases: readonly (readonly [unknown, string | null, string | null, string | null])[] = [
    // value, last4, initials, domainOnly
    ['+49 30 5551234', '•••• 1234', '4. 3. 5.', '•••'],
    ['Maria Müller', '•••• ller', 'M. M.', '•••'],
    ['émile-Zoë  de la Tour', '•••• Tour', 'É. Z. D.', '•••'],
    ['王小明', '••••', '王.', '•••'],
    ['“Ana” (Lima)', '•••• Lima', 'A. L.', '•••'],
    ['👩‍👩‍👧‍👦👍🏽é́x', '••••', 'É́.', '•••'],
    ['maria@mail.example', '•••• mple', 'M.', '•••@mail.example'],
    ['a@b@münchen.example', '•••• mple', 'A.', '•••@münchen.example'],
    ['maria@localhost', '•••• host', 'M.', '•••'],
    ['@mail.example', '•••• mple', 'M.', '•••'],
    ['me@mail.example <Maria Müller>', '•••• ller', 'M. M. M.', '•••'],
    ['1234', '••••', '1.', '•••'],
    ['M', '••••', '•', '•••'],
    ['', '••••', '•', '•••'],
    ['   ', '••••', '•', '•••'],
    [12345, '•••• 2345', '1.', '•••'],
    [null, null, null, null],
    [undefined, null, null, null],
  ];
  for (const [value, last4, initials, domainOnly] of cases)
    it(`of ${JSON.stringify(value)} show what they are meant to, and no more`, () => {
      expect(masked(value, 'last4')).to.equal(last4);
      expect(masked(value, 'initials')).to.equal(initials);
      expect(masked(value, 'domainOnly')).to.equal(domainOnly);
      expect(masked(value, 'hidden')).to.equal(null);
    });

  it('never show a whole value, and never how long it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }), (value) => {
        const last4 = masked(value, 'last4') ?? '';
        if (!/^[•\s]*$/u.test(value)) expect(last4).not.to.include(value);
        expect((last4.match(/•/gu) ?? []).length - (value.match(/•/gu) ?? []).length).to.be.at.most(4);
        expect(masked(value, 'domainOnly')).not.to.equal(value);
        expect((masked(value, 'initials') ?? '').split(' ').length).to.be.at.most(3);
      }),
      { seed: 20261122, numRuns: 300 },
    );
  });

  it('of several, the one that shows most counts', () => {
    expect(leastMasked(['hidden', 'last4'])).to.equal('last4');
    expect(leastMasked(['domainOnly', 'initials', 'hidden'])).to.equal('initials');
    expect(leastMasked([...MASKS, 'shown'])).to.equal('shown');
    expect(leastMasked([])).to.equal(null);
  });
});
