import { LetheError } from '../core/errors.js';
import type { MapGraph } from '../datamap/graph.js';
import type { Queryable } from '../db/database.js';
import {
  decryptValue,
  envelopeBytes,
  invalid,
  keyIdOf,
  MAGIC,
  TEXT_PREFIX,
  type Binding,
} from '../keys/envelope.js';
import type { KeyId, OpenKey } from '../keys/key.js';
import type { Keyring } from '../keys/keyring.js';
import type { StoredValue, Value } from './encryption.js';
import { dataKeysAmong } from './owner-keys.js';
import { readStanding, type Standing } from './state.js';

/** What was known of the database's encryption when it was last asked: a hint, which every doubt asks again. */
export interface StandingCache {
  last: Standing | null;
}

export interface ReadingContext {
  readonly graph: MapGraph;
  readonly keyring: Keyring | null;
}

/** A value that begins as an envelope does. */
interface Sealed {
  readonly stored: StoredValue;
  /** Null: it cannot be one, whatever it begins with. */
  readonly bytes: Uint8Array | null;
  readonly keyId: KeyId | null;
}

/** The values as they were before they were encrypted. Throws as Encryption.decrypt. */
export async function decryptValues(
  { graph, keyring }: ReadingContext,
  cache: StandingCache,
  values: readonly StoredValue[],
  on: Queryable,
): Promise<readonly Value[]> {
  const inTheClear: StoredValue[] = [];
  const sealed = new Map<StoredValue, Sealed>();
  for (const stored of values) {
    if (stored.value === null || !isProtected(graph, stored)) continue;
    if (looksEncrypted(stored.value)) sealed.set(stored, opened(stored));
    else inTheClear.push(stored);
  }
  if (inTheClear.length === 0 && sealed.size === 0) return values.map(({ value }) => value);
  const { standing, knownBefore } = await standingFor(cache, on, sealed.size > 0, inTheClear.length > 0);
  const [clear] = inTheClear;
  if (clear && knownBefore === 'on' && standing.state === 'on')
    throw new LetheError('value_unencrypted', { place: placeOf(clear) });
  if (standing.state === 'off' || sealed.size === 0) return values.map(({ value }) => value);
  const keys = await keysFor(standing, keyring, [...sealed.values()], on);
  return values.map((stored) => {
    const envelope = sealed.get(stored);
    return envelope ? readValue(standing, keys, envelope) : stored.value;
  });
}

/**
 * The key of one value that begins as an envelope does, and what it is bound to; null: it is somebody's bytes that only look like
 * one, or encryption is off. Throws as Encryption.decrypt.
 */
export async function keyOfValue(
  { graph, keyring }: ReadingContext,
  cache: StandingCache,
  stored: StoredValue,
  on: Queryable,
): Promise<{ readonly key: OpenKey; readonly binding: Binding } | null> {
  if (!isProtected(graph, stored)) return null;
  const { standing } = await standingFor(cache, on, true, false);
  if (standing.state === 'off') return null;
  const sealed = opened(stored);
  const key = (await keysFor(standing, keyring, [sealed], on)).get(sealed.keyId ?? '');
  return key ? { key, binding: bindingOf(standing.map, stored) } : null;
}

const isProtected = (graph: MapGraph, { table, column }: StoredValue): boolean =>
  graph.tables.get(table)?.columns.get(column)?.isProtected ?? false;

const looksEncrypted = (value: string | Uint8Array): boolean =>
  typeof value === 'string' ? value.startsWith(TEXT_PREFIX) : MAGIC.equals(value.subarray(0, MAGIC.length));

function opened(stored: StoredValue): Sealed {
  const { value } = stored;
  const bytes = typeof value === 'string' ? envelopeBytes(value) : value;
  return { stored, bytes, keyId: bytes && keyIdOf(bytes) };
}

/**
 * What is stored can be read without asking where it looks as it should: envelopes where encryption is known to be done, none where it
 * is off. Anything else asks anew: another process may have turned it on, or finished it, since. `knownBefore` is what was known when the values were read:
 * one that was in the clear then may have been encrypted before the question was asked, and is nobody's fault.
 */
async function standingFor(
  cache: StandingCache,
  on: Queryable,
  anySealed: boolean,
  anyClear: boolean,
): Promise<{ readonly standing: Standing; readonly knownBefore: Standing['state'] }> {
  const { last } = cache;
  const isDoubtful = last?.state === 'off' ? anySealed : anyClear || last?.state === 'converting';
  if (last && !isDoubtful) return { standing: last, knownBefore: last.state };
  cache.last = await readStanding(on);
  return { standing: cache.last, knownBefore: last?.state ?? cache.last.state };
}

/** Keys by id. While old rows are being encrypted, a text that only looks like an envelope is somebody's text: it has none. */
async function keysFor(
  { state }: Standing,
  keyring: Keyring | null,
  sealed: readonly Sealed[],
  on: Queryable,
): Promise<ReadonlyMap<KeyId, OpenKey>> {
  const broken = sealed.find(({ keyId }) => keyId === null);
  if (broken && state === 'on')
    throw invalid(bindingOf('', broken.stored), 'it is cut off, or of a kind that is not known here');
  const named = [...new Set(sealed.flatMap(({ keyId }) => keyId ?? []))];
  const ids = state === 'on' ? named : await realKeys(keyring, named, on);
  if (ids.length === 0) return new Map();
  if (!keyring) throw new LetheError('keys_unset');
  return keyring.open(ids);
}

/**
 * Keys that the vault has, also of the transaction that is open; and keys that this database once gave out, so that what a destroyed
 * key encrypted is never shown as if it were a text.
 */
async function realKeys(
  keyring: Keyring | null,
  ids: readonly KeyId[],
  on: Queryable,
): Promise<readonly KeyId[]> {
  if (ids.length === 0) return [];
  const inVault = (await keyring?.known(ids)) ?? new Set<KeyId>();
  const others = ids.filter((id) => !inVault.has(id));
  const given = others.length === 0 ? new Set<KeyId>() : await dataKeysAmong(on, others);
  return ids.filter((id) => inVault.has(id) || given.has(id));
}

function readValue(
  { map }: Standing,
  keys: ReadonlyMap<KeyId, OpenKey>,
  { stored, bytes, keyId }: Sealed,
): Value {
  const key = keyId === null ? undefined : keys.get(keyId);
  if (!bytes || !key) return stored.value;
  const plain = decryptValue(key, bindingOf(map, stored), bytes);
  return typeof stored.value === 'string' ? plain.toString('utf8') : plain;
}

const bindingOf = (map: string, { table, column, row }: StoredValue): Binding => ({
  map,
  table,
  column,
  row,
});
const placeOf = ({ table, column, row }: StoredValue): string => `${table}.${column} of row ${row}`;
