import { expect } from 'chai';
import fc from 'fast-check';
import { canonicalJson } from '../../src/core/canonical-json.js';

describe('canonical JSON', () => {
  it('keys are ordered by UTF-16 code units, and nothing is padded (the example of RFC 8785)', () => {
    const value = {
      '\u20ac': 'Euro Sign',
      '\r': 'CR',
      '\ufb33': 'Dalet',
      '1': 'One',
      '\ud83d\ude00': 'Smile',
      '\u0080': 'C',
      '\u00f6': 'o',
    };
    expect(Object.keys(JSON.parse(canonicalJson(value)) as object)).to.have.length(7);
    expect(canonicalJson(value)).to.equal(
      '{"\\r":"CR","1":"One","\u0080":"C","\u00f6":"o","\u20ac":"Euro Sign","\ud83d\ude00":"Smile","\ufb33":"Dalet"}',
    );
  });

  it('numbers and texts are written as RFC 8785 asks', () => {
    const value = {
      numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 1e-27, -0],
      string: '\u20ac$\u000f\nA\'B"\\"/',
      literals: [null, true],
    };
    expect(canonicalJson(value)).to.equal(
      '{"literals":[null,true],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27,0],' +
        '"string":"\u20ac$\\u000f\\nA\'B\\"\\\\\\"/"}',
    );
  });

  it('the order in which keys were written makes no difference', () => {
    expect(canonicalJson({ b: 1, a: { d: 2, c: 3 } })).to.equal(canonicalJson({ a: { c: 3, d: 2 }, b: 1 }));
  });

  it('it means what it was given', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        expect(JSON.parse(canonicalJson(value))).to.deep.equal(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(JSON.parse(canonicalJson(value)))).to.equal(canonicalJson(value));
      }),
    );
  });

  const refused: Readonly<Record<string, unknown>> = {
    undefined: undefined,
    'an undefined property': { a: undefined },
    'a hole in a list': new Array(1),
    'a function': () => 1,
    'a symbol': Symbol('s'),
    'a bigint': 1n,
    NaN: NaN,
    Infinity: Infinity,
    'a lone surrogate': '\ud800',
    'a lone surrogate in a key': { 'a\udc00': 1 },
    'a Date': new Date(0),
    'a Map': new Map(),
    'a class instance': new URL('https://example.org'),
    'a boxed number': Object(1) as unknown,
  };
  for (const [what, value] of Object.entries(refused)) {
    it(`${what} is refused, not dropped`, () => {
      expect(() => canonicalJson({ list: [value] })).to.throw(TypeError, '$.list[0]');
    });
  }
});
