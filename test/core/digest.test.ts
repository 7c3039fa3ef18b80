import { expect } from 'chai';
import { digestOf, sha256 } from '../../src/core/digest.js';

describe('digests', () => {
  it('SHA-256 is written in lower-case hex (the example of FIPS 180)', () => {
    expect(sha256('abc')).to.equal('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it('text is hashed as UTF-8', () => {
    expect(sha256('ä')).to.equal(sha256(new TextEncoder().encode('ä')));
  });

  it('equal values have equal digests, other values others', () => {
    expect(digestOf({ b: 1, a: [2] })).to.equal(digestOf({ a: [2], b: 1 }));
    expect(digestOf({ b: 1, a: [2] })).to.equal(sha256('{"a":[2],"b":1}'));
    expect(digestOf({ a: '1' })).to.not.equal(digestOf({ a: 1 }));
  });
});
