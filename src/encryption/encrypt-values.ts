import type { Clock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import type { MapColumn, MapGraph, MapTable } from '../datamap/graph.js';
import type { Tx } from '../db/database.js';
import { encryptBytes, encryptValue, envelopeText } from '../keys/envelope.js';
import type { OpenKey } from '../keys/key.js';
import type { Keyring } from '../keys/keyring.js';
import type { Owner, Place, Value } from './encryption.js';
import { newOwnerKeys, standingOf } from './owner-keys.js';
import type { Standing } from './state.js';

export interface EncryptionContext {
  readonly graph: MapGraph;
  /** Null: lethe.json names no keys. */
  readonly keyring: Keyring | null;
  readonly clock: Clock;
}

type Values = Readonly<Record<string, Value>>;

/** The values as they are to be stored. Throws as Encryption.encrypt. */
export async function encryptValues<V extends Values>(
  context: EncryptionContext,
  tx: Tx,
  place: Place,
  values: V,
): Promise<V> {
  const table = context.graph.tables.get(place.table);
  const columns = protectedAmong(table, values);
  if (!table || columns.length === 0) return values;
  requireOwner(table, place.owner);
  const standing = await standingOf(tx, place.owner);
  if (!standing) return values;
  const key = await keyOf(context, tx, place.owner, standing.keyId);
  const encrypted = columns.map((column) => [
    column.id,
    envelope(key, standing, place, column, values[column.id] ?? null),
  ]);
  return { ...values, ...Object.fromEntries(encrypted) } as V;
}

const protectedAmong = (table: MapTable | undefined, values: Values): readonly MapColumn[] =>
  (table?.protected?.columns ?? []).filter(({ id }) => (values[id] ?? null) !== null);

/** Under the wrong owner's key a value would outlive the record it is about. */
function requireOwner({ id, protected: its }: MapTable, { record }: Owner): void {
  if (!its?.owners.some((owner) => owner.record === record))
    throw new TypeError(`the map does not put columns of "${id}" under the key of a ${record}`);
}

async function keyOf(
  { graph, keyring, clock }: EncryptionContext,
  tx: Tx,
  { record, key }: Owner,
  known: string | null,
): Promise<OpenKey> {
  if (!keyring) throw new LetheError('keys_unset');
  const opened =
    known === null
      ? (
          await newOwnerKeys(tx, keyring, { record, keys: [key], use: useOf(graph, record) }, clock.now())
        ).get(key)
      : (await keyring.open([known])).get(known);
  if (!opened) throw new LetheError('key_unknown', { key: known ?? record });
  return opened;
}

/** Whose keys a record name's are: the people's own, or what is kept and goes with a ticket. */
export const useOf = ({ subject }: MapGraph, record: string): 'subject' | 'ticket' =>
  subject?.table.concept === record ? 'subject' : 'ticket';

function envelope(
  key: OpenKey,
  { map }: Standing,
  { table, row }: Place,
  { id, type }: MapColumn,
  value: Value,
): Value {
  if (value === null) return null;
  const isText = typeof value === 'string';
  if (isText === (type === 'bytes')) throw new TypeError(`column "${id}" of "${table}" is ${type}`);
  const binding = { map, table, column: id, row };
  return isText
    ? envelopeText(encryptValue(key, binding, Buffer.from(value, 'utf8')))
    : encryptBytes(key, binding, value);
}
