import type { Call } from '../access/call.js';
import { accessDenied } from '../access/decision.js';
import type { Tx } from '../db/database.js';
import { throughDoor } from '../db/disposal-door.js';
import { sqlstateOf } from '../db/failures.js';
import { encryptionBegun } from '../encryption/state.js';
import { journaled, type Intend } from '../ledger/journaled.js';
import type { AccessDeed } from '../policy/access-schema.js';
import { recordingDenials } from './require-access.js';
import type { TicketContext } from './ticket-context.js';

const DEADLOCK = '40P01';
const FOREIGN_KEY = '23503';
const ATTEMPTS = 3;

/**
 * Runs one writing call: a transaction that may update the desk's tables, whose denial is recorded though nothing else is.
 * A deadlock, with a batch that deletes or another writer, is tried again; a record that went while it was written to is
 * the same to the caller as one that never was. One that began before encryption did, and would have stored in the clear, is
 * tried again, too.
 * @param ref the record the call is about, as the caller named it
 */
export async function writing<T>(
  context: TicketContext,
  call: Call,
  deed: AccessDeed,
  ref: string,
  work: (tx: Tx, intend: Intend) => Promise<T>,
): Promise<T> {
  const { db, vault } = context;
  const once = (): Promise<T> => journaled(vault, (inside) => throughDoor(db, inside), work);
  for (let attempt = 1; ; attempt++)
    try {
      return await recordingDenials(context, once);
    } catch (error) {
      const sqlstate = sqlstateOf(error);
      if (sqlstate === DEADLOCK && attempt < ATTEMPTS) continue;
      if (encryptionBegun(error) && attempt < ATTEMPTS) continue;
      const reason = 'not_permitted';
      throw sqlstate === FOREIGN_KEY ? accessDenied(call, { deed, ref, reason, considered: [] }) : error;
    }
}
