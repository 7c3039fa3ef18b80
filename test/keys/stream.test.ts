import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { LetheError } from '../../src/core/errors.js';
import { decryptValue, encryptValue, keyIdOf } from '../../src/keys/envelope.js';
import type { OpenKey } from '../../src/keys/key.js';
import {
  CHUNK_BYTES,
  decryptChunked,
  decryptChunks,
  encryptChunked,
  encryptChunks,
} from '../../src/keys/stream.js';
import { flipped } from '../support/flipped.js';
import { codeOf, newKey, OTHER_PLACES, PLACE } from './sample-keys.js';

const HEADER = 43;
const SEALED = CHUNK_BYTES + 16;
const key = newKey();
const PLAIN = randomBytes(3 * CHUNK_BYTES + 100);
const made = encryptChunks(key, PLACE, PLAIN);
const header = made.subarray(0, HEADER);
const chunks = [0, 1, 2, 3].map((n) => made.subarray(HEADER + n * SEALED, HEADER + (n + 1) * SEALED));
const chunk = (n: number): Buffer => chunks[n] ?? expect.fail('there is no such chunk');

/** In pieces of certain sizes, over and over; 0 is an empty piece. */
async function* pieces(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, n = 0; at < bytes.length; n += 1) {
    const size = sizes[n % sizes.length] ?? 1;
    yield await Promise.resolve(bytes.subarray(at, at + size));
    at += size;
  }
}

async function collected(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of source) all.push(piece);
  return Buffer.concat(all);
}

/** What came before the error, and its code. */
async function broken(envelope: Buffer, by: OpenKey = key): Promise<{ came: Buffer; code: string }> {
  const all: Buffer[] = [];
  try {
    for await (const piece of decryptChunked(by, PLACE, pieces(envelope, [10_000]))) all.push(piece);
  } catch (error) {
    if (error instanceof LetheError) return { came: Buffer.concat(all), code: error.code };
    throw error;
  }
  return expect.fail('it was read to its end');
}

describe('a value in chunks', () => {
  it('is the same streamed in pieces of any size and as a whole', async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 1, maxLength: 6 });
    const some = sizes.filter((all) => Math.max(...all) > 2000);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: PLAIN.length }), some, some, async (length, ins, outs) => {
        const plain = PLAIN.subarray(0, length);
        const streamed = await collected(encryptChunked(key, PLACE, pieces(plain, ins)));
        expect(streamed.length).to.equal(encryptChunks(key, PLACE, plain).length);
        expect(decryptValue(key, PLACE, streamed).equals(plain)).to.equal(true);
        const back = await collected(decryptChunked(key, PLACE, pieces(streamed, outs)));
        expect(back.equals(plain)).to.equal(true);
      }),
      { numRuns: 40 },
    );
  });

  it('is right at every border of a chunk', async () => {
    for (const length of [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES]) {
      const plain = PLAIN.subarray(0, length);
      const whole = encryptChunks(key, PLACE, plain);
      expect(decryptChunks(key, PLACE, whole).equals(plain), `${length}`).to.equal(true);
      const streamed = await collected(encryptChunked(key, PLACE, pieces(plain, [CHUNK_BYTES])));
      expect(decryptChunks(key, PLACE, streamed).equals(plain), `${length}, streamed`).to.equal(true);
    }
  });

  it('names its key in the first 59 bytes', () => {
    expect(keyIdOf(made.subarray(0, 59))).to.equal(key.id);
    expect(keyIdOf(made.subarray(0, 58))).to.equal(null);
  });

  it('has a key of its own: no two of one data key have the same chunks', () => {
    const other = encryptChunks(key, PLACE, PLAIN);
    expect(other.subarray(HEADER, HEADER + 64).equals(made.subarray(HEADER, HEADER + 64))).to.equal(false);
    const swapped = Buffer.concat([header, other.subarray(HEADER, HEADER + SEALED), ...chunks.slice(1)]);
    expect(codeOf(() => decryptChunks(key, PLACE, swapped))).to.equal('envelope_invalid');
  });

  const CHANGES: Readonly<Record<string, readonly Buffer[]>> = {
    'cut at a border of chunks': [header, ...[1, 2, 3].map((n) => made.subarray(0, HEADER + n * SEALED))],
    'cut inside': [0, 1, 42, 44, 58, HEADER + SEALED + 1, HEADER + SEALED + 15, made.length - 1].map((n) =>
      made.subarray(0, n),
    ),
    'with a chunk left out': [0, 1, 2, 3].map((n) =>
      Buffer.concat([header, ...chunks.filter((_, i) => i !== n)]),
    ),
    'with chunks in another order': [
      Buffer.concat([header, chunk(1), chunk(0), chunk(2), chunk(3)]),
      Buffer.concat([header, chunk(0), chunk(2), chunk(1), chunk(3)]),
      Buffer.concat([header, chunk(3), chunk(1), chunk(2), chunk(0)]),
    ],
    'with a chunk twice': [0, 1, 2, 3].map((n) =>
      Buffer.concat([header, ...chunks.slice(0, n + 1), ...chunks.slice(n)]),
    ),
    'with something after it': [Buffer.concat([made, Buffer.alloc(1)]), Buffer.concat([made, made])],
    'with the header of another value': [
      Buffer.concat([encryptChunks(key, PLACE, PLAIN).subarray(0, HEADER), made.subarray(HEADER)]),
    ],
    'of one message that says it is chunks': [
      Buffer.from(encryptValue(key, PLACE, PLAIN).with(3, 2)),
      Buffer.from(made.with(3, 1)),
      Buffer.from(made.with(3, 3)),
    ],
  };
  for (const [change, changed] of Object.entries(CHANGES))
    it(`is refused ${change}, as a whole and streamed`, async () => {
      for (const one of changed) {
        expect(codeOf(() => decryptValue(key, PLACE, one))).to.equal('envelope_invalid');
        expect((await broken(one)).code).to.equal('envelope_invalid');
      }
    });

  it('is refused with a bit turned over, in the header, at any border and anywhere', () => {
    const small = encryptChunks(key, PLACE, PLAIN.subarray(0, 9));
    for (let bit = 0; bit < small.length * 8; bit += 1)
      expect(codeOf(() => decryptValue(key, PLACE, flipped(small, bit)))).to.equal('envelope_invalid');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: made.length * 8 - 1 }), (bit) => {
        expect(codeOf(() => decryptValue(key, PLACE, flipped(made, bit)))).to.equal('envelope_invalid');
      }),
      { numRuns: 50 },
    );
  });

  it('is refused in another row, column, table or map, and under another key', () => {
    for (const place of OTHER_PLACES)
      expect(codeOf(() => decryptValue(key, place, made))).to.equal('envelope_invalid');
    for (const other of [newKey(), newKey(key.id)])
      expect(codeOf(() => decryptValue(other, PLACE, made))).to.equal('envelope_invalid');
  });

  it('gives out chunks before the one that was changed, and nothing of that one', async () => {
    const changed = flipped(made, (HEADER + 2 * SEALED + 5) * 8);
    const { came, code } = await broken(changed);
    expect(code).to.equal('envelope_invalid');
    expect(came.equals(PLAIN.subarray(0, 2 * CHUNK_BYTES))).to.equal(true);
  });

  it('is bound to a row whose key is longer than OpenSSL takes for its info', () => {
    const far = { ...PLACE, row: 'x'.repeat(5000) };
    const whole = encryptChunks(key, far, PLAIN);
    expect(decryptValue(key, far, whole).equals(PLAIN)).to.equal(true);
    expect(codeOf(() => decryptValue(key, { ...far, row: 'x'.repeat(4999) }, whole))).to.equal(
      'envelope_invalid',
    );
  });

  it('uses the data key at the call: a stream that was begun goes on after the key was wiped', async () => {
    const own = newKey();
    const kept = { id: own.id, secret: Buffer.from(own.secret) };
    const stream = encryptChunked(own, PLACE, pieces(PLAIN, [CHUNK_BYTES]));
    own.secret.fill(0);
    expect(decryptValue(kept, PLACE, await collected(stream)).equals(PLAIN)).to.equal(true);
    expect(codeOf(() => encryptChunked(own, PLACE, pieces(PLAIN, [CHUNK_BYTES])))).to.equal('key_let_go');
    expect((await broken(made, { ...key, secret: Buffer.alloc(32) })).code).to.equal('key_let_go');
  });

  it('asks its source for nothing more when its reader leaves', async () => {
    let ended = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        yield* pieces(made, [SEALED]);
      } finally {
        ended = true;
      }
    }
    for await (const piece of decryptChunked(key, PLACE, source())) {
      expect(piece.length).to.equal(CHUNK_BYTES);
      break;
    }
    expect(ended).to.equal(true);
  });

  it('needs the memory of a few chunks, however much flows by', async () => {
    const block = Buffer.alloc(1024 * 1024, 'x');
    async function* much(): AsyncGenerator<Uint8Array> {
      for (let n = 0; n < 100; n += 1) yield await Promise.resolve(block);
    }
    let total = 0;
    let most = 0;
    const before = process.memoryUsage().arrayBuffers;
    for await (const piece of decryptChunked(key, PLACE, encryptChunked(key, PLACE, much()))) {
      total += piece.length;
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    expect(total).to.equal(100 * block.length);
    // garbage that was not collected yet is among it
    expect(most).to.be.lessThan(64 * 1024 * 1024);
  });
});
