import type { Instant } from '../core/instant.js';
import type { Clock } from '../core/clock.js';
import type { Database } from '../db/database.js';
import type { EpochId } from '../keys/epoch-store.js';
import type { Keys } from '../keys/keys.js';
import { retireEpochs } from '../keys/retire-epochs.js';
import { appendEntry } from '../ledger/append.js';

export interface EndingEpochs {
  readonly db: Database;
  readonly clock: Clock;
  readonly keys: Keys;
  /** Actor id, for the ledger. */
  readonly actor: string;
}

/**
 * Removes the keys of epochs whose time is over, and tells the ledger: from that instant on, certificates say, copies of the vault
 * from before cannot be read. A process that dies between the two leaves the instant untold, not the removal undone.
 * @throws LetheError as retireEpochs
 */
export async function endEpochs({ db, clock, keys, actor }: EndingEpochs): Promise<readonly EpochId[]> {
  const retired = await retireEpochs(keys, clock.now());
  if (retired.length > 0) await note(db, retired, actor, clock.now());
  return retired;
}

const note = (db: Database, epochs: readonly EpochId[], actor: string, at: Instant): Promise<void> =>
  db.transaction(async (tx) => {
    for (const epoch of epochs) await appendEntry(tx, { kind: 'epoch.retired', at, actor, about: { epoch } });
  });
