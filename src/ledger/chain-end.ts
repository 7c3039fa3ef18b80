import type { Queryable } from '../db/database.js';
import { isSigned } from '../vault/signing-key.js';
import type { Seal, Vault } from '../vault/vault.js';
import { readBody, type BlockBody, type CheckpointBody } from './block.js';
import { findBlock, lastBlock, lastCheckpoint } from './block-store.js';

/** The end of the database's chain: the last block, or the checkpoint that stands for it. */
export interface ChainEnd {
  readonly number: number;
  readonly hash: string | null;
}

const NOTHING: ChainEnd = { number: 0, hash: null };

export async function chainEnd(db: Queryable): Promise<ChainEnd> {
  const block = await lastBlock(db);
  if (block) return { number: block.number, hash: block.hash };
  const checkpoint = await lastCheckpoint(db);
  const body = checkpoint && readBody<CheckpointBody>(checkpoint.body, 'checkpoint');
  return body ? { number: body.block, hash: body.hash } : NOTHING;
}

/** How the database's chain ends, seen from the vault's last seal. */
export type EndSeen =
  | { readonly is: 'same' }
  /** The sealer was stopped between its commit and telling the vault: the next one tells it. */
  | { readonly is: 'ahead'; readonly end: ChainEnd }
  /** The vault has sealed more than the database has. */
  | { readonly is: 'behind' }
  /** The database has blocks that the vault never made, or forgot. */
  | { readonly is: 'beyond' }
  /** It has another block where the vault sealed one. */
  | { readonly is: 'other' };

/** Compares the chain's end with the vault's last seal. The caller holds the sealing lock. */
export async function compareEnds(
  db: Queryable,
  vault: Vault,
  seal: Seal | null,
  end: ChainEnd,
): Promise<EndSeen> {
  const known: ChainEnd = seal?.after ?? seal ?? NOTHING;
  if (end.number === known.number) return { is: end.hash === known.hash ? 'same' : 'other' };
  if (end.number < known.number) return { is: 'behind' };
  const block = await findBlock(db, end.number);
  const body = block && readBody<BlockBody>(block.body, 'block');
  // a sealer never makes a block before the vault knows the one before it, so it can be one block behind, not two
  if (body?.previous !== known.hash || body.number !== (seal?.number ?? 0) + 1) return { is: 'beyond' };
  const key = (await vault.publicKeys()).find(({ fingerprint }) => fingerprint === body.key);
  const genuine = key !== undefined && isSigned(block?.body ?? '', block?.signature ?? '', key.publicKey);
  return genuine ? { is: 'ahead', end } : { is: 'other' };
}
