import type { Clock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import type { Database, Tx } from '../db/database.js';
import type { SigningKey } from '../vault/signing-key.js';
import type { Seal, Vault } from '../vault/vault.js';
import { leafHash, merkleRoot } from './merkle.js';
import { signedBlock, type BlockBody } from './block.js';
import { insertBlock, unsealedEntries, type UnsealedEntry } from './block-store.js';
import { chainEnd, compareEnds, type ChainEnd } from './chain-end.js';
import { lockSealing } from './locks.js';

/** Entries of a block at most: what a verifier, or a proof, must hold at once. */
const BLOCK_ENTRIES = 10_000;

export interface SealContext {
  readonly db: Database;
  readonly vault: Vault;
  readonly clock: Clock;
}

export interface Sealed {
  readonly blocks: number;
  readonly entries: number;
}

/**
 * Orders every committed entry that no block holds into blocks. One that commits later goes into a later block, so nobody
 * waits: not a writer for the sealer, nor the sealer for a host that keeps its transaction open.
 * @throws LetheError `ledger_broken` when the chain does not end where the vault says; `vault_unreadable`
 */
export async function sealLedger(
  { db, vault, clock }: SealContext,
  blockEntries = BLOCK_ENTRIES,
): Promise<Sealed> {
  let sealed: Sealed = { blocks: 0, entries: 0 };
  for (;;) {
    // the last turn finds nothing left, and tells the vault of the block that the turn before committed
    const entries = await db.transaction((tx) => sealBlock(tx, vault, clock, blockEntries));
    if (entries === 0) return sealed;
    sealed = { blocks: sealed.blocks + 1, entries: sealed.entries + entries };
  }
}

/** Makes one block; returns the number of its entries, 0 when there is nothing to seal. */
async function sealBlock(tx: Tx, vault: Vault, clock: Clock, limit: number): Promise<number> {
  await lockSealing(tx);
  const [seal, end] = [await vault.seal(), await chainEnd(tx)];
  const known = await toldVault(tx, vault, seal, end);
  const settled = await settledUpTo(vault, known);
  const entries = await unsealedEntries(tx, limit);
  if (entries.length === 0) {
    if (known && settled > known.settled) await vault.recordSeal({ ...known, settled });
    return 0;
  }
  const key = await vault.signingKey();
  const block = signedBlock(blockBody(known, end, entries, key, clock), key);
  await insertBlock(tx, block, key, entries);
  return entries.length;
}

/** Brings the vault's last seal in step with a block that was committed and not told; returns it. */
async function toldVault(tx: Tx, vault: Vault, seal: Seal | null, end: ChainEnd): Promise<Seal | null> {
  const seen = await compareEnds(tx, vault, seal, end);
  switch (seen.is) {
    case 'same':
      return seal;
    case 'ahead': {
      const told = { number: end.number, hash: end.hash ?? '', settled: seal?.settled ?? 0 };
      await vault.recordSeal(told);
      return told;
    }
    case 'behind':
    case 'beyond':
    case 'other':
      throw new LetheError('ledger_broken', {
        problem: `it ends at block ${end.number}, the vault's last seal is of block ${seal?.number ?? 0}`,
      });
  }
}

/**
 * Where the journal stands that this reading of the database is known to hold: every act before it has committed by now and
 * is sealed when nothing is left to seal, or never will commit.
 */
async function settledUpTo(vault: Vault, seal: Seal | null): Promise<number> {
  const { acts, end } = await vault.acts(seal?.settled ?? 0);
  return acts.find(({ state }) => state === 'open')?.position ?? end;
}

function blockBody(
  seal: Seal | null,
  end: ChainEnd,
  entries: readonly UnsealedEntry[],
  key: SigningKey,
  clock: Clock,
): BlockBody {
  const instants = entries.map(({ at }) => at).sort();
  const lost =
    seal?.after && seal.number > end.number
      ? { lost: { from: end.number + 1, to: seal.number, hash: seal.hash } }
      : {};
  return {
    type: 'block',
    v: 1,
    number: (seal?.number ?? 0) + 1,
    previous: end.hash,
    root: merkleRoot(entries.map(({ body }) => leafHash(body))),
    entries: entries.length,
    first: instants[0] ?? '',
    last: instants.at(-1) ?? '',
    key: key.fingerprint,
    sealedAt: clock.now(),
    ...lost,
  };
}
