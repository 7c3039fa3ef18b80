import { actorId } from './actor-directory.js';
import { appendEntry } from './append.js';
import { lockSealing } from './locks.js';
import type { SealContext } from './seal.js';

export interface Rotation {
  /** Fingerprints: of the key that signed so far, and of the one that signs from the next block on. */
  readonly from: string;
  readonly to: string;
}

/** A new signing key. The former one's public half stays in the vault, and the ledger says that they changed. */
export async function rotateKey({ db, vault, clock }: SealContext, actorName: string): Promise<Rotation> {
  return db.transaction(async (tx) => {
    await lockSealing(tx);
    const { fingerprint: from } = await vault.signingKey();
    const { fingerprint: to } = await vault.rotate();
    await appendEntry(tx, {
      kind: 'key.rotated',
      at: clock.now(),
      actor: await actorId(tx, actorName),
      about: {},
      digests: { from, to },
    });
    return { from, to };
  });
}
