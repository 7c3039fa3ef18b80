import type { Queryable } from '../db/database.js';
import { isSigned } from '../vault/signing-key.js';
import type { Vault } from '../vault/vault.js';
import { readBody, type CheckpointBody } from './block.js';
import { lastCheckpoint } from './block-store.js';

/**
 * What the last checkpoint says, if a key of the vault signed it. Anybody who may write to the database can insert one that
 * says that everything was pruned: what is missing would then look as if it had been there.
 */
export async function genuineCheckpoint(db: Queryable, vault: Vault): Promise<CheckpointBody | null> {
  const checkpoint = await lastCheckpoint(db);
  const body = checkpoint && readBody<CheckpointBody>(checkpoint.body, 'checkpoint');
  if (!checkpoint || !body) return null;
  const key = (await vault.publicKeys()).find(({ fingerprint }) => fingerprint === body.key);
  return key && isSigned(checkpoint.body, checkpoint.signature, key.publicKey) ? body : null;
}
