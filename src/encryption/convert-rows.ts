import type { Tx } from '../db/database.js';
import {
  encryptBytes,
  encryptValue,
  envelopeBytes,
  envelopeText,
  keyIdOf,
  type Binding,
} from '../keys/envelope.js';
import type { KeyId, OpenKey } from '../keys/key.js';
import { LetheError } from '../core/errors.js';
import { storeValues, type LockedRow, type PlainRow, type ProtectedTable } from './convert-table.js';
import type { ConvertContext } from './convert-context.js';
import { useOf } from './encrypt-values.js';
import type { Value } from './encryption.js';
import { indexRows } from './convert-index.js';
import { dataKeysAmong, ownerKeys } from './owner-keys.js';
import { readStanding } from './state.js';

/** Encrypts what of the locked rows stands in the clear, and makes persons findable; returns how many rows that were. */
export async function encryptRows(
  tx: Tx,
  context: ConvertContext,
  table: ProtectedTable,
  rows: readonly LockedRow[],
): Promise<number> {
  const found = await inTheClear(tx, context, table, rows);
  const plain = found.map((one) => owned(table, one)).filter((one) => one.plain.length > 0);
  if (plain.length === 0) return 0;
  const keys = await keysOf(tx, context, plain);
  const { map } = await readStanding(tx);
  const stored = plain.map((one) => ({
    key: one.key,
    values: encrypted(table, map, one, keyOfOwner(keys, one)),
  }));
  await storeValues(tx, table, stored);
  await indexRows(tx, context, table, plain);
  return plain.length;
}

type Found = Omit<PlainRow, 'owner'>;

/**
 * A value that is spelled as an envelope is one when its key is, or was, one of this installation: a writer who knew encrypted it,
 * or an earlier run. Any other is a text that somebody wrote, and is encrypted as every text.
 */
async function inTheClear(
  tx: Tx,
  { keyring }: ConvertContext,
  { protected: { columns } }: ProtectedTable,
  rows: readonly LockedRow[],
): Promise<readonly Found[]> {
  const named = rows.flatMap(({ values }) => Object.values(values).flatMap((value) => namedKey(value) ?? []));
  const ids = [...new Set(named)];
  const known = ids.length === 0 ? new Set<KeyId>() : await keyring.known(ids);
  const given = ids.length === 0 ? new Set<KeyId>() : await dataKeysAmong(tx, ids);
  const isPlain = (value: Value): value is string | Uint8Array => {
    if (value === null) return false;
    const id = namedKey(value);
    return id === null || !(known.has(id) || given.has(id));
  };
  return rows.map((row) => ({
    key: row.key,
    row,
    plain: columns.flatMap((column) => {
      const value = row.values[column.id] ?? null;
      return isPlain(value) ? [{ column, value }] : [];
    }),
  }));
}

function namedKey(value: Value): KeyId | null {
  if (value === null) return null;
  const bytes = typeof value === 'string' ? envelopeBytes(value) : value;
  return bytes && keyIdOf(bytes);
}

function owned({ id }: ProtectedTable, found: Found): PlainRow {
  const { owner } = found.row;
  if (owner) return { ...found, owner };
  throw new LetheError('value_unowned', { rows: `${id}: at least 1` });
}

type KeysByRecord = ReadonlyMap<string, ReadonlyMap<string, OpenKey>>;

/** All owners' keys at once, made where they have none. */
async function keysOf(
  tx: Tx,
  { graph, keyring, clock }: ConvertContext,
  rows: readonly PlainRow[],
): Promise<KeysByRecord> {
  const opened = new Map<string, ReadonlyMap<string, OpenKey>>();
  for (const record of new Set(rows.map(({ owner }) => owner.record))) {
    const keys = rows.flatMap(({ owner }) => (owner.record === record ? [owner.key] : []));
    opened.set(
      record,
      await ownerKeys(tx, keyring, { record, keys, use: useOf(graph, record) }, clock.now()),
    );
  }
  return opened;
}

function keyOfOwner(keys: KeysByRecord, { owner: { record, key } }: PlainRow): OpenKey {
  const found = keys.get(record)?.get(key);
  if (!found) throw new LetheError('key_unknown', { key: record });
  return found;
}

function encrypted(
  { id: table }: ProtectedTable,
  map: string,
  { key: row, plain }: PlainRow,
  key: OpenKey,
): Readonly<Record<string, Value>> {
  const values = plain.map(({ column, value }) => {
    const binding: Binding = { map, table, column: column.id, row };
    return [column.id, envelope(key, binding, value)];
  });
  return Object.fromEntries(values) as Readonly<Record<string, Value>>;
}

const envelope = (key: OpenKey, binding: Binding, value: string | Uint8Array): Value =>
  typeof value === 'string'
    ? envelopeText(encryptValue(key, binding, Buffer.from(value, 'utf8')))
    : encryptBytes(key, binding, value);
