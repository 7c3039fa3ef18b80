import { createCipheriv, createHash, createHmac, webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Binding } from '../../src/keys/binding.js';
import {
  decryptValue,
  encryptBytes,
  encryptValue,
  envelopeBytes,
  envelopeText,
  keyIdOf,
} from '../../src/keys/envelope.js';
import { decryptChunks, encryptChunks } from '../../src/keys/stream.js';
import { unwrapKey, wrapKey, type WrapBinding } from '../../src/keys/wrapping.js';

interface Vectors {
  readonly primitive: readonly Record<'source' | 'key' | 'nonce' | 'aad' | 'plain' | 'sealed', string>[];
  readonly envelopes: readonly (Record<
    'name' | 'keyId' | 'key' | 'nonce' | 'bound' | 'plain' | 'envelope' | 'text',
    string
  > & { readonly binding: Binding })[];
  readonly chunked: readonly (Record<
    'name' | 'keyId' | 'key' | 'seed' | 'sha256' | 'begins' | 'ends',
    string
  > & {
    readonly binding: Binding;
    readonly plainBytes: number;
    readonly envelopeBytes: number;
  })[];
  readonly wrapped: readonly (Record<'name' | 'epochKey' | 'nonce' | 'bound' | 'key' | 'wrapped', string> & {
    readonly binding: WrapBinding;
  })[];
}

/** Computed by another implementation than the one that is tested. */
const VECTORS = JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8')) as Vectors;
const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');

/** AES-256-GCM by WebCrypto: ciphertext and tag, or null where the tag is not right. */
async function opened(key: Buffer, nonce: Buffer, aad: Buffer, sealed: Buffer): Promise<Buffer | null> {
  const { subtle } = webcrypto;
  const imported = await subtle.importKey('raw', key, 'AES-GCM', false, ['decrypt']);
  const how = { name: 'AES-GCM', iv: nonce, additionalData: aad, tagLength: 128 };
  return subtle.decrypt(how, imported, sealed).then(
    (plain) => Buffer.from(plain),
    () => null,
  );
}

describe('known answers', () => {
  for (const { source, key, nonce, aad, plain, sealed } of VECTORS.primitive)
    it(`has AES-256-GCM as in ${source}`, () => {
      const cipher = createCipheriv('aes-256-gcm', bytes(key), bytes(nonce), { authTagLength: 16 });
      cipher.setAAD(bytes(aad));
      const all = [cipher.update(bytes(plain)), cipher.final(), cipher.getAuthTag()];
      expect(Buffer.concat(all).toString('hex')).to.equal(sealed);
    });

  for (const one of VECTORS.envelopes)
    describe(`an envelope of ${one.name}`, () => {
      const key = { id: one.keyId, secret: bytes(one.key) };

      it('is made to the byte', () => {
        const envelope = encryptValue(key, one.binding, Buffer.from(one.plain), bytes(one.nonce));
        expect(envelope.toString('hex')).to.equal(one.envelope);
        expect(envelopeText(envelope)).to.equal(one.text);
        expect(keyIdOf(envelope)).to.equal(one.keyId);
      });

      it('is read', () => {
        const stored = envelopeBytes(one.text) ?? expect.fail('it is no envelope');
        expect(decryptValue(key, one.binding, stored).toString()).to.equal(one.plain);
      });

      it('is read by WebCrypto, with the associated data put together by hand', async () => {
        const envelope = bytes(one.envelope);
        const aad = Buffer.concat([envelope.subarray(0, 32), Buffer.from(one.bound)]);
        const plain = await opened(key.secret, bytes(one.nonce), aad, envelope.subarray(32));
        expect(plain?.toString()).to.equal(one.plain);
      });
    });

  for (const one of VECTORS.chunked)
    describe(`a value in chunks, ${one.name}`, () => {
      const key = { id: one.keyId, secret: bytes(one.key) };
      const plain = Buffer.from(Array.from({ length: one.plainBytes }, (_, i) => (i * 7) % 251));
      const envelope = (): Buffer => encryptChunks(key, one.binding, plain, bytes(one.seed));

      it('is made to the byte, and read', () => {
        const made = envelope();
        expect(made.length).to.equal(one.envelopeBytes);
        expect(made.toString('hex', 0, 64)).to.equal(one.begins);
        expect(made.toString('hex', made.length - 16)).to.equal(one.ends);
        expect(createHash('sha256').update(made).digest('hex')).to.equal(one.sha256);
        expect(decryptChunks(key, one.binding, made).equals(plain)).to.equal(true);
      });

      it('is read by WebCrypto, with HKDF and the nonces put together by hand', async () => {
        const made = envelope();
        const [salt, prefix] = [made.subarray(20, 36), made.subarray(36, 43)];
        const { map, table, column, row } = one.binding;
        const bound = createHash('sha256').update(
          `["lethe/value/1","${map}","${table}","${column}","${row}"]`,
        );
        const info = Buffer.concat([made.subarray(0, 43), bound.digest(), Buffer.from([1])]);
        const extracted = createHmac('sha256', salt).update(key.secret).digest();
        const valueKey = createHmac('sha256', extracted).update(info).digest();
        const parts: (Buffer | null)[] = [];
        for (let at = 43, n = 0; at < made.length; at += 65_552, n += 1) {
          const nonce = Buffer.concat([
            prefix,
            Buffer.from([0, 0, 0, n, at + 65_552 >= made.length ? 1 : 0]),
          ]);
          parts.push(
            await opened(
              valueKey,
              nonce,
              Buffer.alloc(0),
              made.subarray(at, Math.min(at + 65_552, made.length)),
            ),
          );
        }
        expect(parts).not.to.include(null);
        expect(Buffer.concat(parts.map((part) => part ?? Buffer.alloc(0))).equals(plain)).to.equal(true);
      });
    });

  it('chooses chunks above 1 MiB and one message up to it, and reads both by one function', () => {
    const [one] = VECTORS.chunked;
    if (!one) expect.fail('no vector');
    const key = { id: one.keyId, secret: bytes(one.key) };
    for (const [length, format] of [
      [0, 1],
      [1024 * 1024, 1],
      [1024 * 1024 + 1, 2],
    ] as const) {
      const plain = Buffer.alloc(length, 'x');
      const stored = encryptBytes(key, one.binding, plain);
      expect(stored[3], `${length} bytes`).to.equal(format);
      expect(keyIdOf(stored)).to.equal(key.id);
      expect(decryptValue(key, one.binding, stored).equals(plain)).to.equal(true);
    }
  });

  for (const one of VECTORS.wrapped)
    describe(`a wrapped key, ${one.name}`, () => {
      it('is made to the byte, and opened', () => {
        const epochKey = bytes(one.epochKey);
        const wrapped = wrapKey(epochKey, one.binding, bytes(one.key), bytes(one.nonce));
        expect(wrapped.toString('hex')).to.equal(one.wrapped);
        const key = unwrapKey(epochKey, one.binding, wrapped);
        expect([key.id, key.secret.toString('hex')]).to.deep.equal([one.binding.id, one.key]);
      });

      it('is opened by WebCrypto, with the associated data as written in the vector', async () => {
        const wrapped = bytes(one.wrapped);
        const secret = await opened(
          bytes(one.epochKey),
          bytes(one.nonce),
          Buffer.from(one.bound),
          wrapped.subarray(12),
        );
        expect(secret?.toString('hex')).to.equal(one.key);
      });
    });
});
