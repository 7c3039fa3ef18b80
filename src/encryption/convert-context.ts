import type { Clock } from '../core/clock.js';
import type { Database } from '../db/database.js';
import type { MapGraph } from '../datamap/graph.js';
import type { Keyring } from '../keys/keyring.js';

/** What the first encryption works with. */
export interface ConvertContext {
  readonly db: Database;
  readonly graph: MapGraph;
  readonly clock: Clock;
  readonly keyring: Keyring;
}
