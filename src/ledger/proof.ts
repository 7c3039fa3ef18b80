import { LetheError } from '../core/errors.js';
import type { Queryable, Row } from '../db/database.js';
import { sql } from '../db/sql.js';
import { fingerprintOf, isSigned, type PublicKey } from '../vault/signing-key.js';
import { readBody, type BlockBody, type StoredBlock } from './block.js';
import { findBlock, sealedEntries, storedKeys } from './block-store.js';
import { leafHash, auditPath, rootByPath } from './merkle.js';

/** Shows that one entry is in a signed block, without the others. */
export interface InclusionProof {
  readonly type: 'lethe-inclusion-proof';
  readonly v: 1;
  /** The entry's canonical text. */
  readonly entry: string;
  readonly position: number;
  /** Sibling hashes from the entry upwards (RFC 6962 audit path). */
  readonly path: readonly string[];
  readonly block: Pick<StoredBlock, 'body' | 'signature'>;
  readonly key: PublicKey;
}

/**
 * The proof of one entry.
 * @throws LetheError `entry_unknown`, `entry_unsealed`, `ledger_broken`
 */
export async function proveEntry(db: Queryable, id: string): Promise<InclusionProof> {
  const { rows } = await db.query<Row & { block: string | null; position: number }>(sql`
    select s.block, s.position from lethe.ledger_entry e
    left join lethe.ledger_sealed s on s.entry_id = e.id where e.id = ${id}`);
  const [place] = rows;
  if (!place) throw new LetheError('entry_unknown', { entry: id });
  if (place.block === null) throw new LetheError('entry_unsealed', { entry: id });
  const number = Number(place.block);
  const [block, entries, keys] = [
    await findBlock(db, number),
    await sealedEntries(db, number),
    await storedKeys(db),
  ];
  const body = block && readBody<BlockBody>(block.body, 'block');
  const key = keys.find(({ fingerprint }) => fingerprint === body?.key);
  if (!block || !key)
    throw new LetheError('ledger_broken', { problem: `block ${number} or its key is missing` });
  const texts = entries.map(({ entry }) => entry?.body ?? '');
  return {
    type: 'lethe-inclusion-proof',
    v: 1,
    entry: texts[place.position] ?? '',
    position: place.position,
    path: auditPath(texts.map(leafHash), place.position),
    block: { body: block.body, signature: block.signature },
    key,
  };
}

/** What is wrong with a proof, or null. `pinned` are the fingerprints to trust; without any the proof brings its own key. */
export function proofProblem(proof: InclusionProof, pinned: readonly string[] = []): string | null {
  const { entry, position, path, block, key } = proof;
  const body = readBody<BlockBody>(block.body, 'block');
  if (!body) return 'the block is not as it was sealed';
  if (!isKey(key) || key.fingerprint !== body.key) return 'the key is not the one the block names';
  if (pinned.length > 0 && !pinned.includes(key.fingerprint))
    return `key ${key.fingerprint} is not the pinned one`;
  if (!isSigned(block.body, block.signature, key.publicKey)) return 'the signature of the block is wrong';
  return rootByPath(leafHash(entry), position, body.entries, path) === body.root
    ? null
    : 'the path does not lead from the entry to the root of the block';
}

function isKey({ fingerprint, publicKey }: PublicKey): boolean {
  try {
    return fingerprintOf(publicKey) === fingerprint;
  } catch {
    return false;
  }
}
