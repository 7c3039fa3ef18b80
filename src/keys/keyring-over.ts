import { randomBytes, randomUUID } from 'node:crypto';
import type { Clock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import type { Instant } from '../core/instant.js';
import { EpochKeys, keysClosed, type EpochSource } from './epoch-keys.js';
import type { EpochId } from './epoch-store.js';
import { makeEpoch } from './first-epoch.js';
import { gathered } from './gathered.js';
import { KeyCache } from './key-cache.js';
import type { KeyStore, WrappedKey } from './key-store.js';
import { KEY_BYTES, type KeyId, type KeyUse, type NamedUse, type OpenKey } from './key.js';
import type { Keyring, NamedKey } from './keyring.js';
import { VaultWatch } from './vault-watch.js';
import { unwrapKey, wrapKey } from './wrapping.js';

export interface KeyringSource extends EpochSource {
  readonly store: KeyStore;
  readonly clock: Clock;
}

export interface KeyringLimits {
  /** Opened data keys at most. */
  readonly atMost: number;
  /** For how many milliseconds a key stays open, an epoch's too: so long a provider that is away, or refuses, is not noticed. */
  readonly forMs: number;
  /** How many milliseconds pass until the vault is asked what others have destroyed. */
  readonly checkMs: number;
}

export interface HoldingKeyring extends Keyring {
  /** Opened keys in this process's memory now: data keys and epoch keys. */
  readonly held: number;
}

const LIMITS: KeyringLimits = { atMost: 10_000, forMs: 5 * 60_000, checkMs: 5_000 };
/** An epoch ends once in weeks: a store that refuses the current one so often is not right. */
const TRIES = 10;

/** The keyring over a vault's keys, the epoch store and the provider. */
export const keyringOver = (source: KeyringSource, limits: Partial<KeyringLimits> = {}): HoldingKeyring =>
  new VaultKeyring(source, { ...LIMITS, ...limits });

class VaultKeyring implements HoldingKeyring {
  private readonly cache: KeyCache;
  private readonly epochKeys: EpochKeys;
  private readonly watch: VaultWatch;
  private readonly find: KeyStore['find'];
  /** Goes up with every destruction: whoever read a key before asks for it again. */
  private destructions = 0;
  private beginning: Promise<void> | undefined;
  private isClosed = false;

  constructor(
    private readonly source: KeyringSource,
    limits: KeyringLimits,
  ) {
    this.cache = new KeyCache(limits);
    this.epochKeys = new EpochKeys(source, limits.forMs);
    this.find = gathered((ids) => source.store.find(ids));
    this.watch = new VaultWatch(source.store, limits.checkMs, {
      destroyed: (ids) => {
        this.wipe(ids);
      },
      epochs: (epochs) => {
        const inUse = epochs.filter(({ state }) => state !== 'empty').map(({ id }) => id);
        this.epochKeys.letGo((id) => inUse.includes(id));
      },
      beat: () => {
        this.cache.wipeOld();
        this.epochKeys.wipeOld();
        return this.held > 0;
      },
    });
  }

  get held(): number {
    return this.cache.size + this.epochKeys.size;
  }

  async open(ids: readonly KeyId[]): Promise<ReadonlyMap<KeyId, OpenKey>> {
    const opened = new Map<KeyId, OpenKey>();
    if (ids.length === 0) return opened;
    await this.watch.fresh();
    for (const id of ids) {
      const copy = this.cache.copy(id);
      if (copy !== null) opened.set(id, copy);
    }
    for (;;) {
      const lacking = ids.filter((id) => !opened.has(id));
      if (lacking.length === 0) return opened;
      await this.openInto(opened, lacking);
    }
  }

  async known(ids: readonly KeyId[]): Promise<ReadonlySet<KeyId>> {
    if (ids.length === 0) return new Set();
    return new Set((await this.find(ids)).keys());
  }

  async make(use: 'subject' | 'ticket', count: number): Promise<readonly OpenKey[]> {
    const made = Array.from({ length: count }, newKey);
    try {
      if (count > 0) await this.put(use, made, (wrapped) => this.source.store.add(wrapped));
    } catch (error) {
      for (const { secret } of made) secret.fill(0);
      throw error;
    }
    return made.map((key) => this.keep(key));
  }

  async named(use: NamedUse): Promise<readonly NamedKey[]> {
    await this.watch.fresh();
    let versions = await this.source.store.named(use);
    if (versions.length === 0) {
      await this.addNamed(use, 'first');
      versions = await this.source.store.named(use);
    }
    const opened = await this.open(versions.map(({ id }) => id));
    return versions.flatMap(({ id, version }) => {
      const key = opened.get(id);
      return key === undefined ? [] : [{ ...key, version }];
    });
  }

  addVersion(use: NamedUse, above = 0): Promise<number> {
    return this.addNamed(use, 'next', above);
  }

  async dropVersion(use: NamedUse, version: number): Promise<void> {
    const { store, clock } = this.source;
    const ended = (await store.named(use)).filter((one) => one.version === version).map(({ id }) => id);
    try {
      await store.dropNamed(use, version, clock.now());
    } finally {
      this.wipe(ended);
    }
  }

  async destroy(ids: readonly KeyId[], at: Instant): Promise<void> {
    try {
      await this.source.store.destroy(ids, at);
    } finally {
      this.wipe(ids); // an answer that was lost may have been a yes
    }
  }

  close(): Promise<void> {
    this.isClosed = true;
    this.watch.stop();
    this.cache.wipeAll();
    this.epochKeys.close();
    return Promise.resolve();
  }

  /** Opens those that are in the vault into `opened`; some are not opened when keys were destroyed meanwhile. */
  private async openInto(opened: Map<KeyId, OpenKey>, ids: readonly KeyId[]): Promise<void> {
    const before = this.destructions;
    const found = await this.find(ids);
    const missing = ids.filter((id) => !found.has(id));
    if (missing.length > 0) throw await this.whyMissing(missing);
    for (const [epoch, keys] of byEpoch(found.values()))
      await this.epochKeys.using(epoch, (secret) => {
        if (this.destructions !== before) return;
        for (const key of keys) opened.set(key.id, this.keep(unwrapKey(secret, key, key.wrapped)));
      });
  }

  private async whyMissing(ids: readonly KeyId[]): Promise<LetheError> {
    const [gone] = await this.source.store.destroyed(ids);
    if (gone !== undefined) return new LetheError('key_destroyed', { key: gone[0], at: gone[1] });
    return new LetheError('key_unknown', { key: ids[0] ?? '' });
  }

  /** Stores keys under the current epoch; again when that ended meanwhile and `store` says no. */
  private async put(
    use: KeyUse,
    keys: readonly OpenKey[],
    store: (wrapped: readonly WrappedKey[]) => Promise<boolean>,
  ): Promise<void> {
    await this.watch.fresh();
    for (let turn = 1; turn <= TRIES; turn += 1) {
      const epoch = await this.currentEpoch();
      const wrapped = await this.epochKeys.using(epoch, (secret) =>
        keys.map(({ id, secret: key }) => ({
          id,
          use,
          epoch,
          wrapped: wrapKey(secret, { id, use, epoch }, key),
        })),
      );
      if (await store(wrapped)) return;
      await this.watch.ask();
    }
    throw unsettled();
  }

  /** `first`: none is added where somebody else was faster. */
  private async addNamed(use: NamedUse, which: 'first' | 'next', above = 0): Promise<number> {
    const { store, clock } = this.source;
    const key = newKey();
    let version = above;
    const stored = this.put(use, [key], async (wrapped) => {
      const newest = (await store.named(use))[0]?.version ?? 0;
      if (which === 'first' && newest > 0) return true;
      version = Math.max(version, newest) + 1;
      const since = clock.now();
      const kept = await Promise.all(
        wrapped.map((one) => store.addNamed({ use, version, id: one.id, since }, one)),
      );
      return kept.every((isStored) => isStored);
    });
    await stored.finally(() => key.secret.fill(0));
    return version;
  }

  private async currentEpoch(): Promise<EpochId> {
    const current = (): EpochId | undefined => this.watch.epochs.find(({ state }) => state === 'current')?.id;
    if (current() === undefined)
      await (this.beginning ??= this.begin().finally(() => {
        this.beginning = undefined;
      }));
    const epoch = current();
    if (epoch === undefined) throw unsettled();
    return epoch;
  }

  private async begin(): Promise<void> {
    await makeEpoch(this.source, this.epochKeys, { instead: null, at: this.source.clock.now() });
    await this.watch.ask();
  }

  private keep(key: OpenKey): OpenKey {
    if (this.isClosed) {
      key.secret.fill(0);
      throw keysClosed();
    }
    this.watch.start();
    return this.cache.keep(key);
  }

  private wipe(ids: readonly KeyId[]): void {
    if (ids.length > 0) this.destructions += 1;
    this.cache.wipe(ids);
  }
}

const newKey = (): OpenKey => ({ id: randomUUID(), secret: randomBytes(KEY_BYTES) });

function byEpoch(keys: Iterable<WrappedKey>): ReadonlyMap<EpochId, readonly WrappedKey[]> {
  const grouped = new Map<EpochId, WrappedKey[]>();
  for (const key of keys) {
    const others = grouped.get(key.epoch);
    if (others === undefined) grouped.set(key.epoch, [key]);
    else others.push(key);
  }
  return grouped;
}

const unsettled = (): LetheError =>
  new LetheError('vault_unreadable', {
    place: 'its keys',
    reason: 'it names a current epoch and takes no keys under it',
  });
