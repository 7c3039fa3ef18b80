import { LetheError } from '../core/errors.js';
import { fromMicros, toMicros, type Instant } from '../core/instant.js';
import { dueOf, parsePeriod } from '../core/period.js';
import { damagedKeys } from './damaged-keys.js';
import { EpochKeys } from './epoch-keys.js';
import type { EpochId } from './epoch-store.js';
import { makeEpoch } from './first-epoch.js';
import { isUnfinished, type EpochState, type WrappedKey } from './key-store.js';
import type { KeyId } from './key.js';
import type { Keys } from './keys.js';
import { unwrapKey, wrapKey } from './wrapping.js';

export interface EpochRotation {
  /** The epochs that keys were moved out of; none where the epoch is the first one. */
  readonly from: readonly EpochId[];
  readonly to: EpochId;
  /** Keys that were moved this time. */
  readonly moved: number;
  /** `keys_damaged`: some cannot be opened, and stay where they are; null: none. */
  readonly damaged: LetheError | null;
}

export interface RotationOrder {
  readonly at: Instant;
  /** After every thousand keys or so. `total` is an estimate: keys may be destroyed meanwhile. */
  readonly watch?: (progress: RotationProgress) => void;
  /** Stops between two pages; whoever comes next goes on from there. */
  readonly signal?: AbortSignal;
}

export interface RotationProgress {
  readonly moved: number;
  readonly total: number;
}

const PAGE = 1000;

/**
 * Begins a new epoch and puts every key under it, named ones too; or goes on with what was begun. Killed at any point, the next one
 * comes to the same end: a key is replaced by compare and swap, and an epoch counts as empty when the vault has no key under it.
 * A key that cannot be opened stays where it is, and the others are moved; every rotation tries it again.
 * @throws LetheError `rotation_running`, `epoch_lost`, `vault_unreadable`, `epochs_unreadable`, and as the provider;
 *   the signal's reason when it was aborted
 */
export const rotateEpoch = (keys: Keys, order: RotationOrder): Promise<EpochRotation> =>
  keys.store.alone(async () => {
    const opened = new EpochKeys(keys);
    try {
      return await rotateWith(keys, opened, order);
    } finally {
      opened.close();
    }
  });

async function rotateWith(keys: Keys, opened: EpochKeys, order: RotationOrder): Promise<EpochRotation> {
  const started = performance.now();
  const { current, leaving } = await begun(keys, opened, order);
  const total = await countUnder(keys, leaving);
  let moved = 0;
  for (const from of leaving) {
    for await (const page of pagesOf(keys, from, order.signal)) {
      moved += await keys.store.rewrap(await moveInto(current, from, page, opened), from);
      order.watch?.({ moved, total });
    }
    if (await isCurrent(keys, current))
      await keys.store.emptied(from, later(order.at, performance.now() - started));
  }
  return { from: leaving, to: current, moved, damaged: await damagedKeys(keys.store) };
}

/** Whether nobody else has begun an epoch meanwhile, and nothing was refused for it: then what is left cannot be moved. */
const isCurrent = async ({ store }: Keys, epoch: EpochId): Promise<boolean> =>
  (await store.epochs()).some(({ id, state }) => id === epoch && state === 'current');

interface Begun {
  readonly current: EpochId;
  readonly leaving: readonly EpochId[];
}

/** What was begun, or a new epoch. Others may begin one at the same time: the first one of a vault needs no lock. */
async function begun(keys: Keys, opened: EpochKeys, { at, signal }: RotationOrder): Promise<Begun> {
  signal?.throwIfAborted();
  const states = await keys.store.epochs();
  const current = states.find(({ state }) => state === 'current')?.id ?? null;
  const used = await usedAmong(keys, states);
  if (current !== null && states.some(isUnfinished) && !(await isLostUnused(keys, current, used)))
    return movable(states);
  // where these do not open the place is not the right one, and what began there would be lost with it
  for (const id of used) await opened.using(id, () => undefined);
  await makeEpoch(keys, opened, { instead: current, at });
  return movable(await keys.store.epochs());
}

/** Epochs with keys that a rotation moves. */
async function usedAmong({ store }: Keys, states: readonly EpochState[]): Promise<readonly EpochId[]> {
  const moved = states.filter((epoch) => epoch.state === 'current' || isUnfinished(epoch));
  const counts = await store.counts();
  return moved.flatMap(({ id }) => (counts.some(({ epoch, count }) => epoch === id && count > 0) ? id : []));
}

/** It began in a place that another one took the place of, before a key came under it: nothing is lost when the next one begins. */
const isLostUnused = async ({ epochs }: Keys, current: EpochId, used: readonly EpochId[]): Promise<boolean> =>
  !used.includes(current) && !(await epochs.all()).some(({ id }) => id === current);

function movable(states: readonly EpochState[]): Begun {
  const current = states.find(({ state }) => state === 'current');
  if (current === undefined)
    throw new LetheError('vault_unreadable', { place: 'its keys', reason: 'no epoch is the current one' });
  return { current: current.id, leaving: states.filter(isLeaving).map(({ id }) => id) };
}

const isLeaving = ({ state }: EpochState): boolean => state === 'leaving';

async function countUnder({ store }: Keys, epochs: readonly EpochId[]): Promise<number> {
  const counts = (await store.counts()).filter(({ epoch }) => epochs.includes(epoch));
  return counts.reduce((sum, { count }) => sum + count, 0);
}

async function* pagesOf(
  { store }: Keys,
  epoch: EpochId,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly WrappedKey[]> {
  let after: KeyId | null = null;
  for (;;) {
    signal?.throwIfAborted();
    const page: readonly WrappedKey[] = await store.page(epoch, after, PAGE);
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    after = last.id;
  }
}

const moveInto = (
  to: EpochId,
  from: EpochId,
  page: readonly WrappedKey[],
  opened: EpochKeys,
): Promise<readonly WrappedKey[]> =>
  opened
    .using(from, (old) => Buffer.from(old))
    .then((old) =>
      opened
        .using(to, (secret) => rewrapAll(page, old, { to, secret }))
        .finally(() => {
          old.fill(0);
        }),
    );

/** Those that can be opened. */
function rewrapAll(
  page: readonly WrappedKey[],
  old: Buffer,
  { to, secret }: { readonly to: EpochId; readonly secret: Buffer },
): readonly WrappedKey[] {
  const keys: WrappedKey[] = [];
  for (const key of page) {
    try {
      const { secret: opened } = unwrapKey(old, key, key.wrapped);
      keys.push({ ...key, epoch: to, wrapped: wrapKey(secret, { ...key, epoch: to }, opened) });
      opened.fill(0);
    } catch (error) {
      if (!(error instanceof LetheError) || error.code !== 'key_damaged') throw error;
    }
  }
  return keys;
}

const later = (at: Instant, ms: number): Instant => fromMicros(toMicros(at) + BigInt(Math.ceil(ms * 1000)));

/**
 * Whether an epoch is due to end: a rotation was begun and has not tried every key; the current epoch is older than `every`; or a key was
 * destroyed longer than `afterDestruction` ago in an epoch whose key still opens the copies of the vault from before.
 */
export async function rotationDue({ store, rhythm }: Keys, now: Instant): Promise<boolean> {
  const living = (await store.epochs()).filter(({ state }) => state !== 'empty');
  if (living.some(isUnfinished)) return true;
  const current = living.find(({ state }) => state === 'current');
  if (current === undefined) return false;
  if (isOver(current.since, rhythm.every, now)) return true;
  const destroyed = await store.firstDestroyed(current.since);
  return destroyed !== null && isOver(destroyed, rhythm.afterDestruction, now);
}

/** Whether a period since then is over. */
export function isOver(since: Instant, text: string, now: Instant): boolean {
  const period = parsePeriod(text);
  if ('problem' in period) throw new RangeError(period.problem);
  return dueOf(since, period, 'UTC', 'event') <= now;
}
