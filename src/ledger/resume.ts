import { appendEntry } from './append.js';
import { chainEnd } from './chain-end.js';
import { lockSealing } from './locks.js';
import type { SealContext } from './seal.js';

/**
 * After everything missing has been done again: the vault accepts that the database's chain ends where it does. The next block
 * takes the number after the last one the vault sealed, and says which blocks were lost, so no number is used twice.
 */
export async function resumeChain(
  { db, vault, clock }: SealContext,
  actor: string,
  counts: Readonly<Record<string, number>>,
): Promise<void> {
  await db.transaction(async (tx) => {
    await lockSealing(tx);
    const [seal, end] = [await vault.seal(), await chainEnd(tx)];
    const lost = seal && seal.number > end.number ? seal.number - end.number : 0;
    await appendEntry(tx, {
      kind: 'ledger.resumed',
      at: clock.now(),
      actor,
      about: { after: end.number, lostBlocks: lost },
      counts,
    });
    if (seal && lost > 0)
      await vault.recordSeal({ number: seal.number, hash: seal.hash, settled: 0, after: { ...end } });
  });
}
