import type { Instant } from '../core/instant.js';
import type { EpochId } from './epoch-store.js';
import { epochOfId, keysUnder, readRegister, withEpoch, writeRegister } from './folder-register.js';
import { add, destroy } from './folder-wrapped-keys.js';
import type { KeyFolder } from './key-folder.js';
import type { EpochState, NamedVersion, WrappedKey } from './key-store.js';
import type { EpochId as Id } from './epoch-store.js';
import type { KeyUse, NamedUse } from './key.js';

export const epochs = (folder: KeyFolder): readonly EpochState[] =>
  readRegister(folder).epochs.map(({ id, state, since, emptiedAt }) => ({ id, state, since, emptiedAt }));

export const counts = (
  folder: KeyFolder,
): readonly { readonly epoch: Id; readonly use: KeyUse; readonly count: number }[] =>
  readRegister(folder).epochs.flatMap(({ id, counts: byUse }) =>
    Object.entries(byUse)
      .map(([use, count]) => ({ epoch: id, use: use as KeyUse, count }))
      // below 0: a damaged key counted as of another use; the sum is right
      .filter(({ count }) => count !== 0),
  );

/** In a transaction, like everything here that writes. */
export function beginEpoch(folder: KeyFolder, id: EpochId, instead: EpochId | null, at: Instant): boolean {
  const register = readRegister(folder);
  const current = register.epochs.find(({ state }) => state === 'current');
  if ((current?.id ?? null) !== instead) return false;
  const left = register.epochs.map((one) => (one === current ? { ...one, state: 'leaving' as const } : one));
  const number = 1 + Math.max(0, ...register.epochs.map((one) => one.number));
  const begun = { id, state: 'current', since: at, emptiedAt: null, number, counts: {} } as const;
  writeRegister(folder, { ...register, epochs: [begun, ...left] });
  return true;
}

export function emptied(folder: KeyFolder, id: EpochId, at: Instant): boolean {
  const register = readRegister(folder);
  const epoch = epochOfId(register, id);
  if (epoch?.state !== 'leaving') return epoch?.state === 'empty';
  const state = keysUnder(epoch) > 0 ? 'leaving' : 'empty';
  writeRegister(
    folder,
    withEpoch(register, id, (one) => ({ ...one, state, emptiedAt: at })),
  );
  return state === 'empty';
}

export function forgetEpoch(folder: KeyFolder, id: EpochId): void {
  const register = readRegister(folder);
  const epochsLeft = register.epochs.filter((one) => one.id !== id || one.state !== 'empty');
  writeRegister(folder, { ...register, epochs: epochsLeft });
}

export const named = (folder: KeyFolder, of: NamedUse): readonly NamedVersion[] =>
  readRegister(folder)
    .named.filter(({ use, isEnded }) => use === of && !isEnded)
    .map(({ use, version, id, since }) => ({ use, version, id, since }))
    .sort((a, b) => b.version - a.version);

export function addNamed(folder: KeyFolder, version: NamedVersion, key: WrappedKey): boolean {
  const known = readRegister(folder).named;
  if (known.some((one) => one.use === version.use && one.version === version.version)) return false;
  if (!add(folder, [key])) return false;
  writeRegister(folder, { ...readRegister(folder), named: [...known, { ...version, isEnded: false }] });
  return true;
}

export function dropNamed(folder: KeyFolder, use: NamedUse, version: number, at: Instant): void {
  const register = readRegister(folder);
  const ended = register.named.find((one) => one.use === use && one.version === version && !one.isEnded);
  if (ended === undefined) return;
  const named = register.named.map((one) => (one === ended ? { ...one, isEnded: true } : one));
  writeRegister(folder, { ...register, named });
  destroy(folder, [ended.id], at);
}
