import { encryptDatabase } from '../../src/encryption/convert.js';
import { encryptionOver } from '../../src/encryption/encryption-over.js';
import type { Encryption } from '../../src/encryption/encryption.js';
import { fixedClock } from '../../src/core/clock.js';
import { MemoryKeyring } from '../support/memory-keys.js';
import type { Desk } from '../support/small-desk.js';
import { NOW } from './guarded-desk.js';

/** Encrypts every row of a desk under keys that are in memory, and returns what reads and writes it from then on. */
export async function encryptedDesk(desk: Desk, keyring = new MemoryKeyring()): Promise<Encryption> {
  const { db, graph } = desk;
  const context = { db, graph, keyring, clock: fixedClock(NOW) };
  await encryptDatabase(context, 'officer');
  return encryptionOver(context);
}
