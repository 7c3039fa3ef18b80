import { randomBytes } from 'node:crypto';
import type { MapColumn, MapTable } from '../datamap/graph.js';
import type { Tx } from '../db/database.js';
import { join, raw, sql } from '../db/sql.js';
import type { Encryption, Place, Value } from '../encryption/encryption.js';
import { TEXT_PREFIX } from '../keys/envelope.js';
import type { TicketContext } from './ticket-context.js';

type Values = Readonly<Record<string, Value>>;

/** Rows that must be there before it can be asked whether they may be. */
export interface Drafts {
  /** Asks for nobody's key: what is to be stored encrypted is something at random for now. */
  readonly encryption: Encryption;
  /**
   * Stores the values, once that is permitted. The owners' keys are made here, so that a denial leaves none in the vault.
   * @throws LetheError as Encryption.encrypt
   */
  settle(tx: Tx): Promise<void>;
}

interface Draft {
  readonly table: MapTable;
  readonly place: Place;
  readonly columns: readonly MapColumn[];
  readonly values: Values;
}

/** Drafts of one call, which inserts one row of a table at most: the last one that was encrypted. */
export function draftsOver({ encryption, graph }: Pick<TicketContext, 'encryption' | 'graph'>): Drafts {
  const drafts = new Map<string, Draft>();
  return {
    encryption: {
      ...encryption,
      encrypt: async (tx, place, values) => {
        const table = graph.tables.get(place.table);
        const columns = (table?.protected?.columns ?? []).filter(({ id }) => (values[id] ?? null) !== null);
        if (!table || columns.length === 0 || !(await encryption.isOn(tx))) return values;
        drafts.set(table.id, { table, place, columns, values });
        return { ...values, ...Object.fromEntries(columns.map(({ id }) => [id, atRandom()])) };
      },
    },
    settle: async (tx) => {
      for (const draft of drafts.values()) await store(encryption, tx, draft);
    },
  };
}

const RANDOM_BYTES = 66;

/** Spelled as an encrypted text, which is all that the database lets in; nobody else ever sees it. */
const atRandom = (): string => TEXT_PREFIX + randomBytes(RANDOM_BYTES).toString('base64url');

async function store(
  encryption: Encryption,
  tx: Tx,
  { table, place, columns, values }: Draft,
): Promise<void> {
  const stored: Values = await encryption.encrypt(tx, place, values);
  const sets = columns.map(({ id, sql: name }) => sql`${raw(name)} = ${stored[id]}`);
  await tx.query(sql`update ${raw(table.sql)} this set ${join(sets)} where this.id = ${place.row}::bigint`);
}
