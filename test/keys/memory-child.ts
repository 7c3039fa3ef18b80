/*
 * Uses keys and lets them go, then writes a heap snapshot and waits to be looked into:
 * `node --expose-gc --import tsx memory-child.ts <memory|careless|real> <folder>`. Writes the secrets into <folder>/secrets before
 * it lets go of them, so that who looks knows what to look for; with real keys it says where their files are.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { inspect } from 'node:util';
import { writeHeapSnapshot } from 'node:v8';
import { systemClock } from '../../src/core/clock.js';
import type { Keyring } from '../../src/keys/keyring.js';
import { decryptValue, encryptBytes, encryptValue } from '../../src/keys/envelope.js';
import { KEY_BYTES, type OpenKey } from '../../src/keys/key.js';
import { decryptChunked, encryptChunked } from '../../src/keys/stream.js';
import { unwrapKey, wrapKey } from '../../src/keys/wrapping.js';
import { flipped } from '../support/flipped.js';
import { MemoryKeyring } from '../support/memory-keys.js';
import { realKeys } from '../support/real-keys.js';
import { PLACE } from './sample-keys.js';

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

/** Made by one process, opened from the vault by another, some of them destroyed there. */
async function useRealKeys(): Promise<void> {
  const { keys, again, folder: vault } = await realKeys();
  const made = [...(await keys.keyring.make('subject', 2)), ...(await keys.keyring.make('ticket', 2))];
  for (const key of made) await useKey(key);
  const ids = made.map(({ id }) => id);
  const other = await again();
  for (const key of (await other.keyring.open(ids)).values()) await useKey(key);
  for (const { secret } of await other.keyring.named('index')) note(secret);
  await other.keyring.destroy(ids.slice(2), systemClock.now());
  await log(() => other.keyring.open(ids));
  for (const one of [keys, other]) await one.close();
  await log(() => other.keyring.open(ids));
  console.log(`files ${JSON.stringify({ folder: dirname(vault), vault: await keys.vaultId() })}`);
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

if (kind === 'real') await useRealKeys();
else await useRing(new MemoryKeyring());
await useWrapping();
closeSync(secrets);
// what is let go of is wiped some turns later
for (let turn = 0; turn < 3; turn += 1) {
  globalThis.gc?.();
  await setTimeout(20);
}
writeHeapSnapshot(join(folder, 'heap'));
console.log('ready');
process.stdin.resume().on('end', () => process.exit(kept.length > 0 ? 0 : 1));
