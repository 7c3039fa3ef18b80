import { expect } from 'chai';
import fc from 'fast-check';
import { digestOfForm } from '../../src/encryption/blind-index.js';
import { INDEX_KINDS, normalForm, searchedForms } from '../../src/encryption/normal-forms.js';

const KEY = { id: '00000000-0000-4000-8000-000000000000', version: 1, secret: Buffer.alloc(32, 7) };

describe('the normal form', () => {
  const emails: Readonly<Record<string, string | null>> = {
    ' Ann@Example.ORG\n': 'ann@example.org',
    'MÜLLER@Straße.example': 'müller@straße.example',
    'mu\u0308ller@example.org': 'müller@example.org',
    '\u00a0\t ': null,
    '': null,
  };
  it('of an e-mail address knows no case, no blanks around it, and no two ways to write an umlaut', () => {
    for (const [written, form] of Object.entries(emails)) expect(normalForm('email', written)).to.equal(form);
  });

  const phones: readonly (readonly [string, string | null, string | null])[] = [
    ['030 901820', 'DE', '+4930901820'],
    ['(030) 90 18-20', 'DE', '+4930901820'],
    ['+49 30 901820', null, '+4930901820'],
    ['+49 30 901820', 'FR', '+4930901820'],
    ['0049 30 901820', 'DE', '+4930901820'],
    ['0049 30 901820', null, '+4930901820'],
    ['+49 30 901820 ext. 12', null, '+4930901820'],
    ['01 42 68 53 00', 'FR', '+33142685300'],
    ['030 901820', null, 'digits:030901820'],
    ['030 901820', 'XX', 'digits:030901820'],
    ['030 901820', ' de', '+4930901820'],
    ['030 901820', 'Germany', 'digits:030901820'],
    ['112', 'DE', 'digits:112'],
    ['none', 'DE', null],
    ['', null, null],
  ];
  it('of a phone number is E.164 where the country is known, and marked digits where it is not', () => {
    for (const [written, country, form] of phones)
      expect(normalForm('phone', written, country), `${written} ${country ?? ''}`).to.equal(form);
  });

  it('of a customer number is the number without blanks around it, in the case it was given', () => {
    expect(normalForm('customerNumber', ' Kd-00\u0041\u030a ')).to.equal('Kd-00Å');
    expect(normalForm('customerNumber', 'kd-1')).to.not.equal(normalForm('customerNumber', 'KD-1'));
  });

  it('of a normal form is itself, so that what was stored is found by what is shown', () => {
    fc.assert(
      fc.property(fc.constantFrom(...INDEX_KINDS), fc.string({ unit: 'binary' }), (kind, text) => {
        const form = normalForm(kind, text, 'DE');
        if (form !== null && !form.startsWith('digits:')) expect(normalForm(kind, form, 'FR')).to.equal(form);
      }),
      { seed: 5, numRuns: 2_000 },
    );
  });

  it('that a phone number is looked for in is also the one it has where nobody knew the country', () => {
    expect(searchedForms('phone', '030 901820', 'DE')).to.deep.equal(['+4930901820', 'digits:030901820']);
    expect(searchedForms('phone', '030 901820', null)).to.deep.equal(['digits:030901820']);
    expect(searchedForms('phone', '+49 30 901820', 'DE')).to.deep.equal(['+4930901820']);
    expect(searchedForms('email', ' ', null)).to.deep.equal([]);
  });
});

describe('the digest of the blind index', () => {
  it('is a known answer: HMAC-SHA-256 of kind, number of the form, and form', () => {
    // printf '["email",1,"ann@example.org"]' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0707…
    expect(digestOfForm(KEY, 'email', 'ann@example.org').toString('hex')).to.equal(
      'ac6e9687fe2a65c5ab7caef9aadc109d1e2fff316b5833fb1e64d175c6284b7b',
    );
  });

  it('is another for another key, kind or value', () => {
    const other = { ...KEY, secret: Buffer.alloc(32, 8) };
    const digests = [
      digestOfForm(KEY, 'email', '1'),
      digestOfForm(KEY, 'phone', '1'),
      digestOfForm(KEY, 'email', '11'),
      digestOfForm(other, 'email', '1'),
    ].map((digest) => digest.toString('hex'));
    expect(new Set(digests)).to.have.length(4);
  });
});
