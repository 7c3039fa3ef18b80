import { setImmediate as others } from 'node:timers/promises';
import type { Instant } from '../core/instant.js';
import type { EpochId } from './epoch-store.js';
import {
  counted,
  epochNumbered,
  epochOfId,
  readRegister,
  writeRegister,
  type Register,
} from './folder-register.js';
import type { KeyFolder } from './key-folder.js';
import { epochOf, type WrappedKey } from './key-store.js';
import type { KeyId, KeyUse } from './key.js';

/** A use is stored as its place in this list: what is here keeps its place. */
const USES: readonly KeyUse[] = ['subject', 'ticket', 'index', 'suppression', 'commitment'];
const NUMBER_BYTES = 4;
const WRAPPED_AT = NUMBER_BYTES + 1;
const AT_A_TIME = 10_000;

const idBytes = (id: KeyId): Buffer => Buffer.from(id.replaceAll('-', ''), 'hex');

const idOf = (bytes: Uint8Array): KeyId =>
  Buffer.from(bytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

function positionBytes(position: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(position));
  return bytes;
}

function entryOf(number: number, { use, wrapped }: WrappedKey): Buffer {
  const head = Buffer.alloc(WRAPPED_AT);
  head.writeUInt32BE(number);
  head.writeUInt8(USES.indexOf(use), NUMBER_BYTES);
  return Buffer.concat([head, wrapped]);
}

/** A damaged one may be taken for any: a key is bound to its use, and refused when it is opened. */
const useOf = (entry: Buffer): KeyUse => USES[entry.readUInt8(NUMBER_BYTES)] ?? 'subject';

function keyOf(id: KeyId, entry: Buffer, register: Register): WrappedKey {
  const epoch = epochNumbered(register, entry.readUInt32BE());
  if (epoch === undefined) throw Object.assign(new Error('epoch'), { code: 'a key in it is damaged' });
  return { id, use: useOf(entry), epoch: epoch.id, wrapped: entry.subarray(WRAPPED_AT) };
}

export function find(folder: KeyFolder, ids: readonly KeyId[]): ReadonlyMap<KeyId, WrappedKey> {
  const register = readRegister(folder);
  const found = new Map<KeyId, WrappedKey>();
  for (const id of ids) {
    const entry = folder.keys.get(idBytes(id));
    if (entry !== undefined) found.set(id, keyOf(id, entry, register));
  }
  return found;
}

/** In a transaction, like everything here that writes. */
export function add(folder: KeyFolder, keys: readonly WrappedKey[]): boolean {
  if (keys.length === 0) return true;
  let register = readRegister(folder);
  const epoch = epochOfId(register, epochOf(keys));
  if (epoch?.state !== 'current') return false;
  for (const key of keys) {
    const id = idBytes(key.id);
    if (folder.keys.doesExist(id)) throw new TypeError('a key of this id is there');
    folder.keys.putSync(id, entryOf(epoch.number, key));
    register = counted(register, epoch.id, key.use, 1);
  }
  writeRegister(folder, register);
  return true;
}

export function destroy(folder: KeyFolder, ids: readonly KeyId[], given: Instant): void {
  let register = readRegister(folder);
  const begun = register.epochs.find(({ state }) => state === 'current')?.since ?? given;
  const at = given > begun ? given : begun;
  for (const id of new Set(ids)) {
    register = removed(folder, id, register);
    if (folder.destroyed.doesExist(idBytes(id))) continue;
    register = { ...register, destroyed: register.destroyed + 1 };
    folder.destroyed.putSync(idBytes(id), Buffer.from(at));
    folder.positions.putSync(positionBytes(register.destroyed), idBytes(id));
    folder.moments.putSync(Buffer.concat([Buffer.from(at), idBytes(id)]), Buffer.alloc(0));
  }
  writeRegister(folder, register);
}

function removed(folder: KeyFolder, id: KeyId, register: Register): Register {
  const entry = folder.keys.get(idBytes(id));
  if (entry === undefined) return register;
  folder.keys.removeSync(idBytes(id));
  const epoch = epochNumbered(register, entry.readUInt32BE());
  return epoch === undefined ? recounted(folder, register) : counted(register, epoch.id, useOf(entry), -1);
}

/** Of an entry whose epoch is damaged nobody can say where it was counted. */
function recounted({ keys }: KeyFolder, register: Register): Register {
  const epochs = register.epochs.map((epoch) => ({ ...epoch, counts: {} }));
  let fresh: Register = { ...register, epochs };
  for (const { value } of keys.getRange()) {
    const epoch = epochNumbered(fresh, value.readUInt32BE());
    if (epoch !== undefined) fresh = counted(fresh, epoch.id, useOf(value), 1);
  }
  return fresh;
}

export function destroyed(folder: KeyFolder, ids: readonly KeyId[]): ReadonlyMap<KeyId, Instant> {
  const found = new Map<KeyId, Instant>();
  for (const id of ids) {
    const at = folder.destroyed.get(idBytes(id));
    if (at !== undefined) found.set(id, at.toString('utf8') as Instant);
  }
  return found;
}

export function destroyedSince(
  { positions }: KeyFolder,
  position: number,
): { readonly ids: readonly KeyId[]; readonly position: number } {
  const range = { start: positionBytes(position), exclusiveStart: true, limit: AT_A_TIME };
  const found = [...positions.getRange(range)];
  const last = found.at(-1)?.key;
  return {
    ids: found.map(({ value }) => idOf(value)),
    position: last === undefined ? position : Number(last.readBigUInt64BE()),
  };
}

export function firstDestroyed({ moments }: KeyFolder, from: Instant): Instant | null {
  const [first] = moments.getKeys({ start: Buffer.from(from), limit: 1 });
  return first === undefined ? null : (first.toString('utf8', 0, first.length - 16) as Instant);
}

/** Goes through all keys in the order of their ids; others get their turn in between. */
export async function page(
  folder: KeyFolder,
  epoch: EpochId,
  after: KeyId | null,
  limit: number,
): Promise<readonly WrappedKey[]> {
  const found: WrappedKey[] = [];
  for (let last = after; ;) {
    const stretch = stretchAfter(folder, epoch, last, limit - found.length);
    found.push(...stretch.found);
    if (stretch.last === null || found.length >= limit) return found;
    last = stretch.last;
    await others();
  }
}

interface Stretch {
  readonly found: readonly WrappedKey[];
  /** Where it ends; null: there is nothing after it. */
  readonly last: KeyId | null;
}

/** Of the next keys those under an epoch. */
function stretchAfter(folder: KeyFolder, id: EpochId, after: KeyId | null, limit: number): Stretch {
  folder.root.resetReadTxn();
  const register = readRegister(folder);
  const epoch = epochOfId(register, id);
  if (epoch === undefined) return { found: [], last: null };
  const range = { ...(after !== null && { start: idBytes(after), exclusiveStart: true }), limit: AT_A_TIME };
  const found: WrappedKey[] = [];
  let seen = 0;
  let last: KeyId | null = null;
  for (const { key, value } of folder.keys.getRange(range)) {
    seen += 1;
    last = idOf(key);
    if (value.readUInt32BE() === epoch.number) found.push(keyOf(last, value, register));
    if (found.length === limit) return { found, last };
  }
  return { found, last: seen < AT_A_TIME ? null : last };
}

export function rewrap(folder: KeyFolder, keys: readonly WrappedKey[], from: EpochId): number {
  if (keys.length === 0) return 0;
  let register = readRegister(folder);
  const [source, target] = [epochOfId(register, from), epochOfId(register, epochOf(keys))];
  if (source === undefined || target?.state !== 'current') return 0;
  let count = 0;
  for (const key of keys) {
    const entry = folder.keys.get(idBytes(key.id));
    if (entry?.readUInt32BE() !== source.number) continue;
    folder.keys.putSync(idBytes(key.id), entryOf(target.number, key));
    register = counted(counted(register, source.id, key.use, -1), target.id, key.use, 1);
    count += 1;
  }
  writeRegister(folder, register);
  return count;
}
