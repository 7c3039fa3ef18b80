import { canonicalJson } from '../core/canonical-json.js';
import { sha256 } from '../core/digest.js';
import type { Row } from '../db/database.js';
import { signText, type SigningKey } from '../vault/signing-key.js';

/** An entry as it is stored. */
export interface StoredEntry extends Row {
  readonly id: string;
  readonly at: string;
  readonly kind: string;
  /** Canonical JSON. */
  readonly body: string;
  /** SHA-256 of the body: names the entry that was changed, where the block could only say that one was. */
  readonly digest: string;
}

/** What a block says; its text is the canonical JSON of this, and the text is what is signed. */
export interface BlockBody {
  readonly type: 'block';
  readonly v: 1;
  readonly number: number;
  /** Hash of the block before; null for the first. */
  readonly previous: string | null;
  /** Merkle root of the entries' bodies in their order. */
  readonly root: string;
  readonly entries: number;
  readonly first: string;
  readonly last: string;
  /** Fingerprint of the signing key. */
  readonly key: string;
  readonly sealedAt: string;
  /** Blocks that a restored database does not have any more; the vault knew them up to this hash. */
  readonly lost?: { readonly from: number; readonly to: number; readonly hash: string };
}

export interface StoredBlock {
  readonly number: number;
  readonly body: string;
  /** SHA-256 of the body. */
  readonly hash: string;
  readonly signature: string;
}

/** Signed words in place of every block up to this one. */
export interface CheckpointBody {
  readonly type: 'checkpoint';
  readonly v: 1;
  readonly block: number;
  readonly hash: string;
  /** Entries pruned so far, and the instant they were all older than. */
  readonly entries: number;
  readonly before: string;
  readonly key: string;
  readonly madeAt: string;
}

export interface StoredCheckpoint {
  readonly block: number;
  readonly body: string;
  readonly signature: string;
}

export function signedBlock(body: BlockBody, key: SigningKey): StoredBlock {
  const text = canonicalJson(body);
  return { number: body.number, body: text, hash: sha256(text), signature: signText(text, key) };
}

export function signedCheckpoint(body: CheckpointBody, key: SigningKey): StoredCheckpoint {
  const text = canonicalJson(body);
  return { block: body.block, body: text, signature: signText(text, key) };
}

/** What a canonical text says; null when the text is none, or of another type. */
export function readBody<T extends { readonly type: string }>(text: string, type: T['type']): T | null {
  const value = readCanonical(text);
  const isOf = typeof value === 'object' && value !== null && 'type' in value && value.type === type;
  return isOf ? (value as T) : null;
}

/** The value of a text that is its own canonical JSON; undefined for every other text. */
export function readCanonical(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return canonicalJson(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}
