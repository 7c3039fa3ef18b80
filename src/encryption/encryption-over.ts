import type { Clock } from '../core/clock.js';
import type { MapGraph } from '../datamap/graph.js';
import type { Database } from '../db/database.js';
import type { Keyring } from '../keys/keyring.js';
import { indexPerson, searchDigests } from './blind-index.js';
import { decryptStream } from './decrypt-stream.js';
import { decryptValues, type StandingCache } from './decrypt-values.js';
import { encryptValues } from './encrypt-values.js';
import type { Encryption } from './encryption.js';
import { encryptionState } from './state.js';

/** What encryption works with. */
export interface EncryptionParts {
  readonly db: Database;
  readonly graph: MapGraph;
  /** Null: lethe.json names no keys. */
  readonly keyring: Keyring | null;
  readonly clock: Clock;
}

/** Stores and reads what the map protects, as lethe.encryption says at the moment. */
export function encryptionOver(parts: EncryptionParts): Encryption {
  const { db } = parts;
  const cache: StandingCache = { last: null };
  return {
    isOn: async (on) => (await encryptionState(on)) !== 'off',
    encrypt: (on, place, values) => encryptValues(parts, on, place, values),
    decrypt: (values, on = db) => decryptValues(parts, cache, values, on),
    decryptBytes: (value, on = db) => decryptStream(parts, cache, value, on),
    digests: (on, kind, value, country = null) => searchDigests(parts, on, { kind, value, country }),
    index: (on, entry) => indexPerson(parts, on, entry),
  };
}
