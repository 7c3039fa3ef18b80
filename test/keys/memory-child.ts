/*
 * Uses keys and lets them go, then writes a heap snapshot and waits to be looked into:
 * `node --expose-gc --import tsx memory-child.ts <memory|careless> <folder>`. Writes the secrets into <folder>/secrets before it
 * lets go of them, so that who looks knows what to look for.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { writeHeapSnapshot } from 'node:v8';
import { systemClock } from '../../src/core/clock.js';
import type { Keyring } from '../../src/keys/keyring.js';
import { decryptValue, encryptBytes, encryptValue } from '../../src/keys/envelope.js';
import { KEY_BYTES, type OpenKey } from '../../src/keys/key.js';
import { decryptChunked, encryptChunked } from '../../src/keys/stream.js';
import { unwrapKey, wrapKey } from '../../src/keys/wrapping.js';
import { MemoryKeyring } from '../support/memory-keys.js';
import { flipped, PLACE } from './sample-keys.js';

const [, , kind, folder = ''] = process.argv;
const secrets = openSync(join(folder, 'secrets'), 'wx', 0o600);
const note = (secret: Buffer): void => void writeSync(secrets, secret);
/** What a careless program keeps: a key for people to read, and a copy that nobody wipes. */
const kept: unknown[] = [];

async function* blocks(): AsyncGenerator<Buffer> {
  for (let n = 0; n < 4; n += 1) yield await Promise.resolve(Buffer.alloc(100_000, n));
}

/** Logs it as a program does whose author thinks of nothing. */
async function log(work: () => unknown): Promise<void> {
  try {
    await work();
  } catch (error) {
    console.error(inspect(error, { depth: null }), String((error as Error).stack));
  }
}

async function useKey(key: OpenKey): Promise<void> {
  note(key.secret);
  if (kind === 'careless') kept.push(key.secret.toString('hex'), Buffer.from(key.secret));
  for (let n = 0; n < 200; n += 1)
    decryptValue(key, PLACE, encryptValue(key, PLACE, Buffer.from(`a text, ${n}`)));
  const stored = encryptBytes(key, PLACE, Buffer.alloc(2 * 1024 * 1024, 'x'));
  decryptValue(key, PLACE, stored);
  for await (const piece of decryptChunked(key, PLACE, encryptChunked(key, PLACE, blocks())))
    kept.push(piece[0]);
  await log(() => decryptValue(key, PLACE, flipped(stored, 4000)));
  await log(() => decryptValue(key, { ...PLACE, row: '7' }, encryptValue(key, PLACE, Buffer.from('a text'))));
}

async function useRing(ring: Keyring): Promise<void> {
  const made = [...(await ring.make('subject', 2)), ...(await ring.make('ticket', 2))];
  for (const key of made) await useKey(key);
  const ids = made.map(({ id }) => id);
  await ring.open(ids);
  await ring.destroy(ids, systemClock.now());
  await log(() => ring.open(ids));
  await ring.close();
}

async function useWrapping(): Promise<void> {
  const epoch = randomBytes(KEY_BYTES);
  const binding = { id: randomUUID(), use: 'subject', epoch: randomUUID() } as const;
  const secret = randomBytes(KEY_BYTES);
  const wrapped = wrapKey(epoch, binding, secret);
  [epoch, secret].forEach(note);
  for (let n = 0; n < 100; n += 1) unwrapKey(epoch, binding, wrapped).secret.fill(0);
  await log(() => unwrapKey(epoch, binding, flipped(wrapped, 200)));
  for (const one of [epoch, secret]) one.fill(0);
}

await useRing(new MemoryKeyring());
await useWrapping();
closeSync(secrets);
globalThis.gc?.();
writeHeapSnapshot(join(folder, 'heap'));
console.log('ready');
process.stdin.resume().on('end', () => process.exit(kept.length > 0 ? 0 : 1));
