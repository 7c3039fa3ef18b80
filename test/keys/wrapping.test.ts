import { randomBytes, randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { unwrapKey, wrapKey, type WrapBinding } from '../../src/keys/wrapping.js';
import { flipped } from '../support/flipped.js';
import { codeOf } from './sample-keys.js';

const epoch = randomBytes(32);
const secret = randomBytes(32);
const binding: WrapBinding = { id: randomUUID(), use: 'subject', epoch: randomUUID() };
const wrapped = wrapKey(epoch, binding, secret);

describe('a wrapped key', () => {
  it('is refused with every single bit of it turned over', () => {
    for (let bit = 0; bit < wrapped.length * 8; bit += 1)
      expect(codeOf(() => unwrapKey(epoch, binding, flipped(wrapped, bit)))).to.equal('key_damaged');
  });

  it('is refused at every other length', () => {
    for (let length = 0; length < wrapped.length; length += 1)
      expect(codeOf(() => unwrapKey(epoch, binding, wrapped.subarray(0, length)))).to.equal('key_damaged');
    expect(codeOf(() => unwrapKey(epoch, binding, Buffer.concat([wrapped, Buffer.alloc(1)])))).to.equal(
      'key_damaged',
    );
  });

  it('is refused for another key, use or epoch, and under another epoch key', () => {
    const others: readonly WrapBinding[] = [
      { ...binding, id: randomUUID() },
      { ...binding, use: 'ticket' },
      { ...binding, use: 'index' },
      { ...binding, epoch: randomUUID() },
    ];
    for (const other of others)
      expect(codeOf(() => unwrapKey(epoch, other, wrapped))).to.equal('key_damaged');
    expect(codeOf(() => unwrapKey(randomBytes(32), binding, wrapped))).to.equal('key_damaged');
  });

  it('is not made of a key, nor under one, that was wiped', () => {
    expect(codeOf(() => wrapKey(epoch, binding, Buffer.alloc(32)))).to.equal('key_let_go');
    expect(codeOf(() => wrapKey(Buffer.alloc(32), binding, secret))).to.equal('key_let_go');
    expect(codeOf(() => unwrapKey(Buffer.alloc(32), binding, wrapped))).to.equal('key_let_go');
  });

  it('is not made of a key of another length', () => {
    for (const length of [0, 16, 31, 33, 64])
      expect(() => wrapKey(epoch, binding, randomBytes(length))).to.throw(TypeError);
  });

  it('opens into memory of its own, so that wiping it leaves no copy in the pool', () => {
    const opened = unwrapKey(epoch, binding, wrapped).secret;
    expect(opened.equals(secret)).to.equal(true);
    expect([opened.byteOffset, opened.buffer.byteLength]).to.deep.equal([0, 32]);
  });
});
