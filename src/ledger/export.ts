import { createHash } from 'node:crypto';
import { canonicalJson } from '../core/canonical-json.js';
import type { Clock } from '../core/clock.js';
import type { Database } from '../db/database.js';
import { signText } from '../vault/signing-key.js';
import type { PublicKey } from '../vault/signing-key.js';
import type { Vault } from '../vault/vault.js';
import { blocksFrom, lastCheckpoint, sealedEntries } from './block-store.js';
import type { BodyLine, HeaderLine, TrailerBody } from './export-lines.js';
import { sealLedger } from './seal.js';

const PAGE = 100;

/**
 * The whole ledger as lines of canonical JSON: header with the public keys, checkpoint, each block before its entries, and a
 * signed trailer that covers every byte before it. Every line has one spelling, so every flipped byte is found.
 */
export async function* exportLedger(context: {
  readonly db: Database;
  readonly vault: Vault;
  readonly clock: Clock;
}): AsyncGenerator<string> {
  const { vault, clock } = context;
  await sealLedger(context);
  const hash = createHash('sha256');
  let [bytes, lines] = [0, 0];
  for await (const value of contents(context.db, await vault.publicKeys())) {
    const line = `${canonicalJson(value)}\n`;
    hash.update(line);
    bytes += Buffer.byteLength(line);
    lines += 1;
    yield line;
  }
  const key = await vault.signingKey();
  const body: TrailerBody = {
    type: 'trailer',
    bytes,
    lines,
    sha256: hash.digest('hex'),
    key: key.fingerprint,
    madeAt: clock.now(),
  };
  const text = canonicalJson(body);
  yield `${canonicalJson({ trailer: body, signature: signText(text, key) })}\n`;
}

async function* contents(db: Database, keys: readonly PublicKey[]): AsyncGenerator<HeaderLine | BodyLine> {
  yield {
    type: 'lethe-ledger-export',
    v: 1,
    keys: keys.map(({ fingerprint, publicKey }) => ({ fingerprint, publicKey })),
  };
  const checkpoint = await lastCheckpoint(db);
  if (checkpoint) yield { checkpoint: { ...checkpoint } };
  let last = checkpoint?.block ?? 0;
  for (;;) {
    const blocks = await blocksFrom(db, last + 1, PAGE);
    if (blocks.length === 0) return;
    for (const block of blocks) {
      yield { block };
      for (const { id, position, entry } of await sealedEntries(db, block.number))
        yield { entry: { id, position, entry: entry && { ...entry } } };
      last = block.number;
    }
  }
}
