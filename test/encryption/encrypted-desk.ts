import { fixedClock } from '../../src/core/clock.js';
import type { Instant } from '../../src/core/instant.js';
import type { MapGraph } from '../../src/datamap/graph.js';
import { loadMap } from '../../src/datamap/load.js';
import type { Database } from '../../src/db/database.js';
import { migrate } from '../../src/db/migrate.js';
import { encryptionOver } from '../../src/encryption/encryption-over.js';
import type { Encryption, Place, StoredValue, Value } from '../../src/encryption/encryption.js';
import type { EncryptionState } from '../../src/encryption/state.js';
import type { Admin, TestDatabase } from '../support/database.js';
import { MemoryKeyring } from '../support/memory-keys.js';

export const AT = '2026-01-01T00:00:00.000000Z' as Instant;

/** The help desk, and what encrypts it, over keys in memory. */
export interface EncryptedDesk {
  readonly db: Database;
  readonly admin: Admin;
  readonly graph: MapGraph;
  readonly ring: MemoryKeyring;
  readonly encryption: Encryption;
  /** Another process, without keys or with the same. */
  readonly another: (ring?: MemoryKeyring | null) => Encryption;
  readonly become: (state: EncryptionState) => Promise<void>;
}

let native: Promise<MapGraph> | undefined;
const migrated = new WeakSet<Database>();

/** The database as if nothing had ever been encrypted in it, and then in this state. */
export async function encryptedDesk(
  open: () => Promise<TestDatabase>,
  state: EncryptionState,
): Promise<EncryptedDesk> {
  const { db, admin } = await open();
  if (!migrated.has(db)) await migrate(db, ['desk']);
  migrated.add(db);
  await admin('delete from lethe.data_key; delete from lethe.blind_index; delete from desk.customers');
  const graph = await (native ??= loadMap('native', {}, '.'));
  const ring = new MemoryKeyring();
  const over = (keyring: MemoryKeyring | null): Encryption =>
    encryptionOver({ db, graph, keyring, clock: fixedClock(AT) });
  const become = async (next: EncryptionState): Promise<void> => {
    await admin('delete from lethe.encryption');
    if (next === 'off') return;
    await admin(`insert into lethe.encryption (state, map_id, begun_at, done_at) values ($1, $2, $3, $4)`, [
      next,
      graph.id,
      AT,
      next === 'on' ? AT : null,
    ]);
  };
  await become(state);
  return { db, admin, graph, ring, encryption: over(ring), another: (keys = ring) => over(keys), become };
}

export const customerPlace = (key: string): Place => ({
  table: 'customers',
  row: key,
  owner: { record: 'customer', key },
});

export const messagePlace = (row: string, ticket: string): Place => ({
  table: 'messages',
  row,
  owner: { record: 'ticket', key: ticket },
});

type Values = Readonly<Record<string, Value>>;

/** As a writer would: in a transaction of its own. */
export const encrypt = <V extends Values>(
  { db }: Pick<EncryptedDesk, 'db'>,
  encryption: Encryption,
  place: Place,
  values: V,
): Promise<V> => db.transaction((tx) => encryption.encrypt(tx, place, values));

export const cell = (
  { table, row }: Pick<Place, 'table' | 'row'>,
  column: string,
  value: Value,
): StoredValue => ({
  table,
  row,
  column,
  value,
});
