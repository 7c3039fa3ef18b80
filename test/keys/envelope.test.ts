import { expect } from 'chai';
import fc from 'fast-check';
import {
  decryptValue,
  encryptValue,
  envelopeBytes,
  envelopeText,
  keyIdOf,
  TEXT_PREFIX,
} from '../../src/keys/envelope.js';
import { flipped } from '../support/flipped.js';
import { codeOf, newKey, OTHER_PLACES, PLACE } from './sample-keys.js';

const key = newKey();
const PLAIN = Buffer.from('call me: 0171 5550123');
const made = encryptValue(key, PLACE, PLAIN);
const read = (envelope: Uint8Array): Buffer => decryptValue(key, PLACE, envelope);

describe('an envelope', () => {
  it('is refused with every single bit of it turned over', () => {
    const codes = new Set(
      Array.from({ length: made.length * 8 }, (_, bit) => codeOf(() => read(flipped(made, bit)))),
    );
    expect([...codes]).to.deep.equal(['envelope_invalid']);
  });

  it('is refused when it is cut short, at every length and at both ends', () => {
    for (let length = 0; length < made.length; length += 1)
      for (const part of [made.subarray(0, length), made.subarray(made.length - length)])
        expect(
          codeOf(() => read(part)),
          `${length} bytes`,
        ).to.equal('envelope_invalid');
  });

  it('is refused when something is added, before it, after it or inside', () => {
    for (let at = 0; at <= made.length; at += 1)
      expect(
        codeOf(() => read(Buffer.concat([made.subarray(0, at), Buffer.from([0]), made.subarray(at)]))),
      ).to.equal('envelope_invalid');
  });

  it('is refused in another row, column, table or map, and where the parts of the place run together', () => {
    for (const place of OTHER_PLACES)
      expect(codeOf(() => decryptValue(key, place, made))).to.equal('envelope_invalid');
  });

  it('is refused under another key, also one that is given its id', () => {
    for (const other of [newKey(), newKey(key.id)])
      expect(codeOf(() => decryptValue(other, PLACE, made))).to.equal('envelope_invalid');
  });

  it('is refused with the header of another value, version or format', () => {
    const other = encryptValue(key, PLACE, PLAIN);
    const changed = [Buffer.concat([other.subarray(0, 32), made.subarray(32)])];
    for (let byte = 0; byte < 256; byte += 1)
      for (const at of [2, 3]) if (made[at] !== byte) changed.push(Buffer.from(made.with(at, byte)));
    for (const one of changed) expect(codeOf(() => read(one))).to.equal('envelope_invalid');
  });

  it('names its place in the error, and nothing of the value or the key', () => {
    try {
      read(flipped(made, 400));
      expect.fail('it was read');
    } catch (error) {
      const said = String(error) + String((error as Error).stack) + JSON.stringify(error);
      expect(said).to.include('message.body of row 42');
      for (const secret of [PLAIN.toString(), key.secret.toString('hex'), made.toString('base64url')])
        expect(said).not.to.include(secret);
    }
  });

  it('is not made, and not read, with a key that was wiped', () => {
    const wiped = { ...key, secret: Buffer.alloc(32) };
    expect(codeOf(() => encryptValue(wiped, PLACE, PLAIN))).to.equal('key_let_go');
    expect(codeOf(() => decryptValue(wiped, PLACE, made))).to.equal('key_let_go');
  });

  it('is not made with a key whose id nobody could find again', () => {
    for (const id of [key.id.toUpperCase(), `${key.id} `, 'k1', ''])
      expect(() => encryptValue({ ...key, id }, PLACE, PLAIN)).to.throw(TypeError);
  });

  it('is read from a slice of other memory, and leaves that memory alone', () => {
    const memory = Buffer.concat([Buffer.alloc(7, 'x'), made, Buffer.alloc(9, 'y')]);
    const before = Buffer.from(memory);
    expect(read(new Uint8Array(memory.buffer, memory.byteOffset + 7, made.length)).equals(PLAIN)).to.equal(
      true,
    );
    expect(memory.equals(before)).to.equal(true);
  });

  it('never comes twice, not even of one value', () => {
    const all = Array.from({ length: 1000 }, () => encryptValue(key, PLACE, PLAIN).toString('hex', 20, 32));
    expect(new Set(all).size).to.equal(1000);
  });
});

describe('an envelope, of anything', () => {
  const places = fc.record({
    map: fc.string({ unit: 'grapheme' }),
    table: fc.string(),
    column: fc.string(),
    row: fc.string({ unit: 'grapheme' }),
  });

  it('gives back the bytes that were put in', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), places, (plain, place) => {
        const envelope = encryptValue(key, place, plain);
        expect(envelope.length).to.equal(48 + plain.length);
        expect(decryptValue(key, place, envelope).equals(plain)).to.equal(true);
      }),
    );
    const large = Buffer.alloc(1024 * 1024, 'ä');
    expect(read(encryptValue(key, PLACE, large)).equals(large)).to.equal(true);
  });

  it('gives back every text; half of a surrogate pair, which UTF-8 has no bytes for, comes back as U+FFFD', () => {
    // as unencrypted, where both database drivers put U+FFFD in its place
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 0xd800, max: 0xdfff }), (text, half) => {
        for (const one of [text, `${text} ${String.fromCharCode(half)} ${text}`]) {
          const stored = envelopeText(encryptValue(key, PLACE, Buffer.from(one)));
          expect(read(envelopeBytes(stored) ?? Buffer.alloc(0)).toString()).to.equal(one.toWellFormed());
        }
      }),
    );
  });

  it('is never in two places: two places that differ are bound differently', () => {
    fc.assert(
      fc.property(places, places, (one, other) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other));
        const envelope = encryptValue(key, one, PLAIN);
        expect(codeOf(() => decryptValue(key, other, envelope))).to.equal('envelope_invalid');
      }),
    );
  });

  it('is refused with one code, whatever the bytes are', () => {
    const heads = [
      Buffer.alloc(0),
      made.subarray(0, 3),
      made.subarray(0, 20),
      Buffer.from([0x4c, 0x4b, 1, 2]),
    ];
    const formatTwo = Buffer.concat([heads[3] ?? heads[0] ?? made, made.subarray(4, 20)]);
    fc.assert(
      fc.property(fc.constantFrom(...heads, formatTwo), fc.uint8Array({ maxLength: 120 }), (head, bytes) => {
        expect(codeOf(() => read(Buffer.concat([head, bytes])))).to.equal('envelope_invalid');
      }),
      { numRuns: 1000 },
    );
  });
});

describe('an envelope in a text column', () => {
  const text = envelopeText(made);

  it('is there and back the same', () => {
    expect(envelopeBytes(text)?.equals(made)).to.equal(true);
    expect(text.startsWith(TEXT_PREFIX)).to.equal(true);
  });

  it('is read in one spelling only', () => {
    // 49 bytes end in a letter of which four bits mean nothing
    const other = envelopeText(encryptValue(key, PLACE, Buffer.from('a')));
    const means = (text: string): string => Buffer.from(text.slice(4), 'base64url').toString('hex');
    const sameBytes = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_')
      .map((last) => other.slice(0, -1) + last)
      .filter((one) => one !== other && means(one) === means(other));
    expect(sameBytes.length).to.equal(15);
    const others = [
      `${text}=`,
      `${text}\n`,
      ` ${text}`,
      text.replace('lk1.', 'LK1.'),
      text.replace('lk1.', 'lk2.'),
      text.slice(4),
      TEXT_PREFIX,
      '',
      `${TEXT_PREFIX}${made.toString('base64').replaceAll('=', '')}+/`,
      ...sameBytes,
    ];
    for (const one of others) expect(envelopeBytes(one), one.slice(0, 8)).to.equal(null);
  });

  it('is told from what people write', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (written) => {
        const bytes = envelopeBytes(written);
        expect(bytes && keyIdOf(bytes)).to.equal(null);
      }),
    );
    expect(keyIdOf(envelopeBytes('lk1.hello') ?? Buffer.alloc(0))).to.equal(null);
  });
});
