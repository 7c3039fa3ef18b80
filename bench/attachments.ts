import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';
import type { Binding } from '../src/keys/binding.js';
import { decryptValue, encryptValue } from '../src/keys/envelope.js';
import { KEY_BYTES, type OpenKey } from '../src/keys/key.js';
import { decryptChunked, decryptChunks, encryptChunked, encryptChunks } from '../src/keys/stream.js';
import { median, rounded, seconds, type Bench } from './bench.js';

const MEGABYTE = 1_000_000;
const PIECE = 256 * 1024;
const BINDING: Binding = { map: 'native', table: 'attachment', column: 'content', row: '1' };

/** Encrypts and decrypts; what comes back is compared outside the time. */
interface Way {
  readonly encrypt: (plain: Buffer) => Promise<Buffer>;
  readonly decrypt: (stored: Buffer) => Promise<Buffer>;
}

/**
 * Megabytes a second of attachments: as one envelope, in chunks in memory, and in chunks that flow by, against bare AES-256-GCM
 * over the same bytes. The ratio is what is stored (chunks in memory) against bare, at the largest size, there and back.
 */
export const attachments: Bench = async (options) => {
  const sizes = options.small ? [1] : [1, 10, 50];
  const dataset = `random bytes, ${sizes.join(', ')} MB, whole files`;
  options.say(`attachments: ${dataset}`);
  const ways = waysUnder({ id: randomUUID(), secret: randomBytes(KEY_BYTES) });
  const figures: Record<string, number> = {};
  for (const size of sizes) {
    const plain = randomBytes(size * MEGABYTE);
    for (const [name, rates] of await ratesOf(ways, plain, options.runs)) {
      figures[`${name}Encrypt${size}`] = rates.encrypt;
      figures[`${name}Decrypt${size}`] = rates.decrypt;
      options.say(`  ${size} MB, ${name}: encrypts ${rates.encrypt} MB/s, decrypts ${rates.decrypt} MB/s`);
    }
  }
  const largest = sizes.at(-1) ?? 1;
  const thereAndBack = (name: string): number =>
    1 / (1 / (figures[`${name}Encrypt${largest}`] ?? NaN) + 1 / (figures[`${name}Decrypt${largest}`] ?? NaN));
  return {
    bench: 'attachments',
    ratio: rounded(thereAndBack('chunks') / thereAndBack('bare')),
    bound: 'report',
    dataset,
    runs: options.runs,
    ...figures,
  };
};

const waysUnder = (key: OpenKey): Readonly<Record<string, Way>> => ({
  bare: bareUnder(key.secret),
  envelope: inMemory(
    (plain) => encryptValue(key, BINDING, plain),
    (stored) => decryptValue(key, BINDING, stored),
  ),
  chunks: inMemory(
    (plain) => encryptChunks(key, BINDING, plain),
    (stored) => decryptChunks(key, BINDING, stored),
  ),
  streamed: {
    encrypt: (plain) => collected(encryptChunked(key, BINDING, pieces(plain)), plain.length * 2),
    decrypt: (stored) => collected(decryptChunked(key, BINDING, pieces(stored)), stored.length),
  },
});

const inMemory = (encrypt: (plain: Buffer) => Buffer, decrypt: (stored: Buffer) => Buffer): Way => ({
  encrypt: (plain) => Promise.resolve(encrypt(plain)),
  decrypt: (stored) => Promise.resolve(decrypt(stored)),
});

/** What anybody would write with node:crypto: nonce, ciphertext, tag, nothing authenticated besides. */
const bareUnder = (secret: Buffer): Way =>
  inMemory(
    (plain) => {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', secret, nonce);
      return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },
    (stored) => {
      const decipher = createDecipheriv('aes-256-gcm', secret, stored.subarray(0, 12), { authTagLength: 16 });
      decipher.setAuthTag(stored.subarray(-16));
      return Buffer.concat([decipher.update(stored.subarray(12, -16)), decipher.final()]);
    },
  );

/** By turns, so that whatever else the machine does strikes all. The first turn warms up and does not count. */
async function ratesOf(
  ways: Readonly<Record<string, Way>>,
  plain: Buffer,
  runs: number,
): Promise<ReadonlyMap<string, { readonly encrypt: number; readonly decrypt: number }>> {
  const times = new Map(
    Object.keys(ways).map((name) => [name, { encrypt: [] as number[], decrypt: [] as number[] }]),
  );
  for (let turn = 0; turn <= runs; turn += 1)
    for (const [name, way] of Object.entries(ways)) {
      const [encrypt, decrypt] = await timed(way, plain);
      if (turn === 0) continue;
      times.get(name)?.encrypt.push(encrypt);
      times.get(name)?.decrypt.push(decrypt);
    }
  const rate = (of: readonly number[]): number => Math.round(plain.length / MEGABYTE / median(of));
  return new Map(
    [...times].map(([name, { encrypt, decrypt }]) => [
      name,
      { encrypt: rate(encrypt), decrypt: rate(decrypt) },
    ]),
  );
}

async function timed({ encrypt, decrypt }: Way, plain: Buffer): Promise<readonly [number, number]> {
  let stored = plain;
  let back = plain;
  const encrypting = await seconds(async () => {
    stored = await encrypt(plain);
  });
  const decrypting = await seconds(async () => {
    back = await decrypt(stored);
  });
  if (stored.length === plain.length || !back.equals(plain)) throw new Error('it came back changed');
  return [encrypting, decrypting];
}

async function* pieces(bytes: Buffer): AsyncGenerator<Buffer, void, undefined> {
  for (let at = 0; at < bytes.length; at += PIECE)
    yield await Promise.resolve(bytes.subarray(at, at + PIECE));
}

/** Into memory that is there: what the reader does with the pieces is not measured. */
async function collected(source: AsyncIterable<Buffer>, most: number): Promise<Buffer> {
  const all = Buffer.allocUnsafe(most);
  let length = 0;
  for await (const piece of source) length += piece.copy(all, length);
  return all.subarray(0, length);
}
